//! Servers that refuse, disks that are full, stores that fail.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use maildesk::store::{Fault, Result, UnitOfWork};

use super::*;
use crate::support::faulty_store::{Fault as At, FaultyStore};
use crate::support::liar_imap::Script;

#[tokio::test]
async fn a_wrong_password_is_tried_twelve_times_an_hour_at_most_and_told_in_plain_words() {
    let refusal = || {
        Script::greeting("* OK ready\r\n")
            .hear("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n")
            .hear("LOGIN", "{tag} NO [AUTHENTICATIONFAILED] wrong\r\n")
            .close()
    };
    let liar = (0..30).fold(Script::default(), |script, _| script.then(refusal())).start().await;
    let clock = Clock::stepped("2026-03-02T07:00:00Z".parse().unwrap());
    let port = liar.account().endpoint.port;
    let ground = Ground::with(&file(port, "", ""), clock.clone(), |s| {
        Box::new(SqliteStore::open(&s.database).unwrap())
    });
    let watching = ground.start();
    let tried = || liar.heard().iter().filter(|line| line.contains("LOGIN")).count();
    let told = |p: &MailboxProgress| p.trouble.as_ref().is_some_and(|t| t.contains("check user, password"));
    let began = clock.now();
    until("an attempt", || async { tried() == 1 }).await;
    watching.until("the operator is told", told).await;
    until("the thirteenth attempt", || async {
        watching.house.progress.poke();
        clock.advance_to(clock.now() + SignedDuration::from_secs(10));
        tried() == 13
    })
    .await;
    assert!(clock.now().duration_since(began) >= SignedDuration::from_hours(1), "twelve an hour at most");
    watching.stop().await;
}

#[tokio::test]
async fn a_folder_that_is_gone_is_an_alarm_and_is_never_made() {
    let gone = || {
        Script::logged_in("")
            .hear("SELECT \"INBOX\"", "{tag} NO [NONEXISTENT] no\r\n")
            .hear("LOGOUT", "")
            .close()
    };
    let liar = gone().then(gone()).then(gone()).start().await;
    let ground = Ground::new(&file(liar.account().endpoint.port, "", ""));
    let watching = ground.start();
    until("it is looked for again", || async {
        liar.heard().iter().filter(|line| line.contains("SELECT")).count() == 3
    })
    .await;
    watching
        .until("it is told", |p| p.trouble.as_ref().is_some_and(|t| t.contains("INBOX does not exist")))
        .await;
    watching.stop().await;
    assert!(!liar.heard().iter().any(|line| line.contains("CREATE")));
}

#[tokio::test]
async fn a_dead_mailbox_slows_no_other() {
    let dead = Script::greeting("* OK ready\r\n").hang().start().await;
    let server = sandbox(0, &monday()).await;
    let text = file(server.imap_addr().port(), "adopt = \"all\"", "").replace(
        "[mailboxes.main]",
        &format!(
            "[mailboxes.dead]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nuser = \"x\"\n\
             password_env = \"PW\"\n[mailboxes.main]",
            dead.account().endpoint.port
        ),
    );
    let ground = Ground::new(&text);
    let first = ground.start_named("dead", |intake| intake);
    let second = ground.watch(first.house.clone(), "main", |intake| intake);
    server.deliver(DESK, &mail("one")).unwrap();
    second.read_up().await;
    assert_eq!(ground.subjects().await, ["one"]);
    let told = || first.progress("dead").trouble.is_some_and(|t| t.contains("network"));
    until("the dead one is told of", || async { told() }).await;
    assert!(first.progress("dead").read_up_to.is_none());
    second.stop().await;
    first.stop().await;
    ground.check().await;
}

/// A store on a disk that fills up and empties.
struct OnSmallDisk {
    inner: SqliteStore,
    full: Arc<AtomicBool>,
}

impl Store for OnSmallDisk {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        self.inner.unit(work)
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        match self.full.load(Ordering::SeqCst) {
            true => works.iter().map(|_| Err(StoreError::Full("planted".to_owned()))).collect(),
            false => self.inner.batch(works),
        }
    }

    fn check(&mut self) -> Result<Vec<Fault>> {
        self.inner.check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.inner.backup(target)
    }
}

#[tokio::test]
async fn a_full_disk_stops_the_reading_and_room_starts_it_again() {
    let server = sandbox(0, &monday()).await;
    let full = Arc::new(AtomicBool::new(false));
    let disk = full.clone();
    let keys = "adopt = \"all\"\nafter = \"move to Done\"";
    let ground = Ground::with(&file(server.imap_addr().port(), keys, ""), Clock::system(), |settings| {
        Box::new(OnSmallDisk { inner: SqliteStore::open(&settings.database).unwrap(), full: disk })
    });
    let watching = ground.start();
    watching.read_up().await;
    full.store(true, Ordering::SeqCst);
    for subject in ["one", "two", "three"] {
        server.deliver(DESK, &mail(subject)).unwrap();
    }
    watching.until("it is told", |p| p.trouble.as_ref().is_some_and(|t| t.contains("no room"))).await;
    assert_eq!(server.mailbox(DESK).unwrap().messages().len(), 3, "nothing is moved that is not safe");
    full.store(false, Ordering::SeqCst);
    watching.until("it goes on by itself", |p| p.trouble.is_none()).await;
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two", "three"]);
    ground.check().await;
}

#[tokio::test]
async fn no_mail_is_taken_while_the_disk_is_nearly_full() {
    let server = sandbox(0, &monday()).await;
    let more = "[pace]\ndisk_free_min = \"4000000 GB\"\n";
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", more));
    server.deliver(DESK, &mail("one")).unwrap();
    let watching = ground.start();
    watching.until("it is told", |p| p.trouble.as_ref().is_some_and(|t| t.contains("bytes are free"))).await;
    watching.stop().await;
    assert_eq!(ground.sightings().await, []);
}

#[tokio::test]
async fn a_damaged_store_ends_the_watching() {
    struct Damaged(SqliteStore);
    impl Store for Damaged {
        fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
            self.0.unit(work)
        }
        fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
            works.iter().map(|_| Err(StoreError::Corrupt("planted".to_owned()))).collect()
        }
        fn check(&mut self) -> Result<Vec<Fault>> {
            self.0.check()
        }
        fn backup(&mut self, target: &Path) -> Result<()> {
            self.0.backup(target)
        }
    }
    let server = sandbox(0, &monday()).await;
    let text = file(server.imap_addr().port(), "adopt = \"all\"", "");
    let ground = Ground::with(&text, Clock::system(), |settings| {
        Box::new(Damaged(SqliteStore::open(&settings.database).unwrap()))
    });
    let watching = ground.start();
    let ended = tokio::time::timeout(SOON, watching.task).await.unwrap().unwrap();
    assert_eq!(ended, Err(StoreError::Corrupt("planted".to_owned())));
}

#[tokio::test]
async fn a_fault_at_any_commit_changes_nothing_in_the_end() {
    for at in [At::BeforeCommit, At::AfterCommit] {
        for nth in 1..=8 {
            let server = sandbox(0, &monday()).await;
            let keys = "adopt = \"all\"\nafter = \"move to Done\"";
            let text = file(server.imap_addr().port(), keys, "[pace]\ncommit_mails = 2\n");
            // The last of them stand in line while the first are not written.
            let sent = ["1", "2", "3", "4", "5", "6"];
            for subject in sent {
                server.deliver(DESK, &mail(subject)).unwrap();
            }
            let ground = Ground::with(&text, Clock::system(), |settings| {
                Box::new(FaultyStore::new(SqliteStore::open(&settings.database).unwrap(), nth, at))
            });
            let watching = ground.start();
            let mailbox = server.mailbox(DESK).unwrap();
            until("all are moved", || async { mailbox.messages_in("Done").len() == 6 }).await;
            watching.stop().await;
            let subjects = async || {
                let tickets = ground.house.clerk.run(|tx| tx.tickets(&TicketFilter::default())).await;
                tickets.map(|all| all.into_iter().rev().map(|t| t.subject).collect::<Vec<_>>())
            };
            // The fault may still be to come.
            let found = match subjects().await {
                Ok(found) => found,
                Err(_) => subjects().await.unwrap(),
            };
            assert_eq!(found, sent, "numbers in the order in which the mails came: {at:?} {nth}");
            ground.check().await;
        }
    }
}
