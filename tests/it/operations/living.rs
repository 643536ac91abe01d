//! The real program at a mail server: stopped by switches, backed up under load and restored, one of two on a mailbox.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::town::{PATIENCE, Program, Town};
use crate::support::child::until;

const TICKETS: &str = "SELECT count(*) FROM tickets";
const OPEN: &str = "SELECT count(*) FROM deliveries WHERE open = 1";
const BRISK: &str = "[waits]\nreconnect_first_seconds = 0.05\nreconnect_longest_seconds = 0.2\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_stands_still_at_once_and_over_a_restart_and_goes_on() {
    let town = Town::start().await;
    tokio::task::spawn_blocking(move || {
        let mut program = Program::prepare(&town, "adopt = \"all\"", BRISK);
        program.start();
        program.does(&["pause", "letters", "--why", "a storm"]);
        town.ona_writes(1);
        program.waits_for(TICKETS, 1);
        assert_eq!(program.count("SELECT count(*) FROM deliveries WHERE state = 'sent'"), 0);
        let (code, status) = program.says(&["status"]);
        assert!(
            code == 1 && status.contains("paused       letters since ") && status.contains(": a storm"),
            "{status}"
        );
        assert_eq!(program.stop(), Some(0));
        program.start();
        assert!(program.says(&["status"]).1.contains("paused       letters"));
        assert!(town.answers().is_empty());
        program.does(&["resume", "letters"]);
        town.waits_for_answers(1, &program);

        program.does(&["pause", "acknowledgements"]);
        town.ona_writes(2);
        program.waits_for(
            "SELECT count(*) FROM deliveries WHERE state = 'cancelled' AND text LIKE '%paused%'",
            1,
        );
        program.waits_for(OPEN, 0);
        assert_eq!(town.answers().len(), 1, "no second acknowledgement");
        assert_eq!(
            program.count(
                "SELECT count(*) FROM letters JOIN deliveries ON letter = letters.id
                WHERE purpose = 'agent_new' AND state = 'sent'"
            ),
            2,
            "the agent hears of both"
        );

        program.does(&["pause", "intake"]);
        program.waits_for_status("paused by the operator: mail stays in the mailbox");
        town.ona_writes(3);
        program.does(&["poke"]);
        assert_eq!(program.count(TICKETS), 2);
        program.does(&["resume"]);
        program.waits_for(TICKETS, 3);
        town.waits_for_answers(2, &program);
        assert_eq!(program.does(&["resume"]), "nothing is paused\n");
        assert_eq!(program.stop(), Some(0));
    })
    .await
    .expect("the story was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_restored_no_number_is_anybody_elses_and_nobody_is_answered_twice() {
    let town = Town::start().await;
    tokio::task::spawn_blocking(move || {
        let mut program = Program::prepare(&town, "adopt = \"all\"", BRISK);
        program.start();
        let copy = program.path("copy.sqlite").to_str().expect("text").to_owned();
        std::thread::scope(|scope| {
            scope.spawn(|| (1..=120).for_each(|n| town.ona_writes(n)));
            assert!(until(PATIENCE, || program.count(TICKETS) >= 20).is_some());
            program.does(&["backup", &copy]);
        });
        program.waits_for(TICKETS, 120);
        program.waits_for(OPEN, 0);
        town.waits_for_answers(120, &program);
        // The disk is gone, with all that lay on it.
        program.kill();
        for part in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(program.path(&format!("state/maildesk.sqlite{part}"))));
        }
        let told = program.does(&["restore", &copy, "--yes"]);
        assert!(told.contains("epoch 1;") && told.contains("nobody knows which left since"), "{told}");
        let in_copy = program.count(TICKETS);
        assert!((20..=120).contains(&in_copy), "{in_copy}");
        program.start();
        program.waits_for(TICKETS, 120);
        // A server tells when a mail came in whole seconds: one of the restore's own second may be from before it.
        #[allow(clippy::disallowed_methods, reason = "the program under test has no other")]
        let second = || Timestamp::now().as_second();
        let restored = second();
        assert!(until(PATIENCE, || second() > restored).is_some());
        town.ona_writes(121);
        program.waits_for(TICKETS, 121);
        let answered = until(PATIENCE, || town.answers().iter().any(|(to, _)| to == "121@client.example"));
        assert!(answered.is_some(), "what comes after the restore is answered at once:\n{}", program.log());
        assert_eq!(program.says(&["doctor"]).0, 0);

        let mut by_request: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_number: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (to, subject) in town.answers() {
            *by_request.entry(to.clone()).or_default() += 1;
            let tag = subject.split(']').next().unwrap_or_default().to_owned();
            by_number.entry(tag).or_default().insert(to);
        }
        assert!(by_request.values().all(|times| *times == 1), "answered twice: {by_request:?}");
        assert!(by_number.values().all(|of| of.len() == 1), "one number for two: {by_number:?}");
        assert_eq!(by_request.len(), 121);
        let held =
            "SELECT count(*) FROM deliveries WHERE state = 'deferred' AND text LIKE 'it may have left%'";
        assert!(program.count(held) >= 120 - in_copy, "those of the lost time wait");
        assert_eq!(program.stop(), Some(0));
    })
    .await
    .expect("the story was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_programs_on_one_mailbox_one_works_and_the_other_says_so() {
    let town = Town::start().await;
    tokio::task::spawn_blocking(move || {
        let mark = "owner_folder = \"maildesk\"\npoll_seconds = 1";
        let waits = format!("{BRISK}owner_seconds = 1\ntick_seconds = 0.5\n");
        let mut first = Program::prepare(&town, mark, &waits);
        let mut second = Program::prepare(&town, mark, &waits);
        first.start();
        first.waits_for_status("read up to 2");
        second.start();
        second.waits_for_status("another maildesk (");
        (1..=50).for_each(|n| town.ona_writes(n));
        first.waits_for(TICKETS, 50);
        town.waits_for_answers(50, &first);
        assert_eq!(second.count(TICKETS), 0);

        // The first is frozen; the operator has the second take the mailbox over.
        first.signal("STOP");
        let said = second.does(&["take-over"]);
        assert!(said.contains("1 mailbox is taken over"), "{said}");
        second.waits_for_status("read up to 2");
        (51..=100).for_each(|n| town.ona_writes(n));
        second.waits_for(TICKETS, 50);
        town.waits_for_answers(100, &second);
        // Thawed, it takes and sends nothing, and says why.
        first.signal("CONT");
        first.waits_for_status("another maildesk (");
        (101..=110).for_each(|n| town.ona_writes(n));
        second.waits_for(TICKETS, 60);
        town.waits_for_answers(110, &second);
        assert_eq!((first.count(TICKETS), first.count(OPEN)), (50, 0));
        let answers: BTreeSet<String> = town.answers().into_iter().map(|(to, _)| to).collect();
        assert_eq!((answers.len(), town.answers().len()), (110, 110), "each once");
        assert_eq!((first.stop(), second.stop()), (Some(0), Some(0)));
    })
    .await
    .expect("the story was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_or_newer_or_held_ends_the_program_with_its_code_and_a_sentence() {
    let town = Town::start().await;
    tokio::task::spawn_blocking(move || {
        let mut program = Program::prepare(&town, "adopt = \"all\"", BRISK);
        program.start();
        (1..=40).for_each(|n| town.ona_writes(n));
        program.waits_for(TICKETS, 40);
        assert_eq!(program.stop(), Some(0));
        let path = program.path("state/maildesk.sqlite");
        let whole = std::fs::read(&path).expect("read");

        let mut damaged = whole.clone();
        let middle = damaged.len() / 2 / 4096 * 4096;
        damaged[middle..middle + 8192].fill(0xa5);
        std::fs::write(&path, &damaged).expect("written");
        let (code, said) = program.says(&["run"]);
        assert!(code == 74 && said.contains("the database is damaged"), "{code} {said}");
        assert_eq!(std::fs::read(&path).expect("read"), damaged, "it is left as it is");
        town.ona_writes(41);
        let (_, told) = program.says(&["check", "--offline"]);
        assert!(told.contains("damaged"), "{told}");

        std::fs::write(&path, &whole).expect("written");
        let newer = rusqlite::Connection::open(&path).expect("opened");
        newer.pragma_update(None, "user_version", 99).expect("written");
        drop(newer);
        let before = std::fs::read(&path).expect("read");
        let (code, said) = program.says(&["run"]);
        assert!(code == 78 && said.contains("written by a newer maildesk (schema 99"), "{code} {said}");
        assert_eq!(std::fs::read(&path).expect("read"), before);

        std::fs::write(&path, &whole).expect("written");
        program.start();
        program.waits_for(TICKETS, 41);
        // An operator's shell holds it: nothing is lost, and it goes on.
        let shell = rusqlite::Connection::open(&path).expect("opened");
        shell.busy_timeout(PATIENCE).expect("set");
        shell.execute_batch("BEGIN IMMEDIATE").expect("held");
        town.ona_writes(42);
        assert!(until(std::time::Duration::from_secs(2), || program.count(TICKETS) > 41).is_none());
        shell.execute_batch("ROLLBACK").expect("let go");
        program.waits_for(TICKETS, 42);
        assert_eq!(program.stop(), Some(0));
        assert_eq!(program.says(&["doctor"]).0, 0);
    })
    .await
    .expect("the story was told");
}
