//! Scripted conversations, told through the journeys of the daemon: straight, and in every way in which mail and
//! machines behave badly. The same must come of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use maildesk::desk::Desk;
use maildesk::faces::rehearse::conversation::{Act, Conversation};
use maildesk::faces::rehearse::mail::LineEnds;
use maildesk::faces::rehearse::play::{self, Story, Telling};
use maildesk::faces::rehearse::reading;
use maildesk::faces::rehearse::setting::Setting;
use maildesk::faces::rehearse::stage::OpenStore;
use maildesk::store::{Fault as Broken, Result, SqliteStore, Store, UnitOfWork};

use crate::support::faulty_store::{Fault, FaultyStore};

/// The five desks, and the small one whose conversations show one thing each.
const DESKS: [&str; 6] = ["siuntos", "smarttek", "softech", "steko", "stekspb", "small"];

fn shelf() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conversations")
}

/// The conversations of a desk, in order.
fn conversations(desk: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(shelf().join(desk)).expect("a folder for each desk");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name != "desk.yaml"));
    files.sort();
    assert!(!files.is_empty(), "no conversations of {desk}");
    files
}

/// A conversation with its desk, ready to be told as often as need be.
pub struct Prepared {
    pub file: String,
    pub conversation: Conversation,
    pub desk: Desk,
}

impl Prepared {
    fn read(path: &Path) -> Prepared {
        let file = path.display().to_string();
        let text = fs::read_to_string(path).expect("can be read");
        let conversation = reading::read(&file, &text).unwrap_or_else(|e| panic!("{e}"));
        let setting = Setting::read(&path.with_file_name("desk.yaml"), None).expect("a desk");
        let desk = setting.desk(conversation.desk.as_ref()).expect("a desk");
        Prepared { file, conversation, desk }
    }

    /// Tells it and demands that all is as expected.
    fn holds(&self, open: OpenStore<'_>, telling: Telling) -> Story {
        let story = play::play(&self.conversation, &self.desk, open, telling).expect("the store holds");
        let differences: Vec<_> = story.differences().map(|(line, what)| format!("{line}: {what}")).collect();
        assert!(differences.is_empty(), "{}, {telling:?}:\n{}", self.file, differences.join("\n"));
        story
    }
}

/// Every conversation of every desk.
pub fn all() -> Vec<Prepared> {
    DESKS.iter().flat_map(|desk| conversations(desk)).map(|path| Prepared::read(&path)).collect()
}

fn in_memory() -> OpenStore<'static> {
    Box::new(|| SqliteStore::open_in_memory().map(|store| Box::new(store) as Box<dyn Store>))
}

/// Message-IDs of all letters, in the order in which they left, step by step.
fn letters(story: &Story) -> Vec<Vec<Option<String>>> {
    let sent = story.scenes.iter().map(|scene| &scene.sent);
    sent.map(|sent| sent.iter().map(|letter| letter.mail.message_id.clone()).collect()).collect()
}

#[test]
fn every_conversation_can_be_read() {
    for desk in DESKS {
        for path in conversations(desk) {
            let text = fs::read_to_string(&path).expect("can be read");
            let read = reading::read(&path.display().to_string(), &text).unwrap_or_else(|e| panic!("{e}"));
            assert!(!read.steps.is_empty(), "{} has no steps", path.display());
        }
    }
}

#[test]
fn what_was_expected_comes_of_them() {
    for story in all() {
        story.holds(in_memory(), Telling::default());
    }
}

#[test]
fn every_mail_delivered_twice_changes_nothing() {
    for story in all() {
        let straight = story.holds(in_memory(), Telling::default());
        let twice = story.holds(in_memory(), Telling { twice: true, ..Telling::default() });
        assert_eq!(letters(&twice), letters(&straight), "{}", story.file);
    }
}

#[test]
fn a_daemon_started_anew_after_every_step_goes_on_where_it_was() {
    for story in all() {
        let straight = story.holds(in_memory(), Telling::default());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("desk.db");
        let open = Box::new(|| SqliteStore::open(&file).map(|store| Box::new(store) as Box<dyn Store>));
        let anew = story.holds(open, Telling { reopen: true, ..Telling::default() });
        assert_eq!(letters(&anew), letters(&straight), "{}", story.file);
    }
}

#[test]
fn line_ends_make_no_difference() {
    for story in all() {
        story.holds(in_memory(), Telling { line_ends: LineEnds::Lf, ..Telling::default() });
    }
}

#[test]
fn a_fault_at_any_commit_changes_nothing_for_siuntos() {
    a_fault_changes_nothing("siuntos");
}

#[test]
fn a_fault_at_any_commit_changes_nothing_for_smarttek() {
    a_fault_changes_nothing("smarttek");
}

#[test]
fn a_fault_at_any_commit_changes_nothing_for_softech() {
    a_fault_changes_nothing("softech");
}

#[test]
fn a_fault_at_any_commit_changes_nothing_for_steko() {
    a_fault_changes_nothing("steko");
}

#[test]
fn a_fault_at_any_commit_changes_nothing_for_stekspb() {
    a_fault_changes_nothing("stekspb");
}

/// Units of work between two that meet a fault. With `MAILDESK_FAULTS=all` every one does, which takes many minutes;
/// stories with megabytes of attachments are told seldom.
fn stride(conversation: &Conversation) -> u64 {
    if std::env::var("MAILDESK_FAULTS").is_ok_and(|which| which == "all") {
        return 1;
    }
    let files = conversation.steps.iter().flat_map(|step| match &step.act {
        Act::Mail(mail) => mail.attachments.as_slice(),
        _ => &[],
    });
    if files.map(|file| file.size).sum::<usize>() > 1_000_000 { 40 } else { 9 }
}

/// Tells the stories of a desk again and again, with the fault at one unit of work and at another until none is
/// left: before the commit and after it by turns, and at other units in each story.
fn a_fault_changes_nothing(desk: &str) {
    for (turn, path) in conversations(desk).iter().enumerate() {
        let story = Prepared::read(path);
        let straight = letters(&story.holds(in_memory(), Telling::default()));
        let stride = stride(&story.conversation);
        for nth in (1 + turn as u64 % stride..).step_by(stride as usize) {
            let fault =
                if (nth + turn as u64).is_multiple_of(2) { Fault::BeforeCommit } else { Fault::AfterCommit };
            let store = SqliteStore::open_in_memory().expect("opened");
            let shared = Shared(Arc::new(Mutex::new(FaultyStore::new(store, nth, fault))));
            let opened = shared.clone();
            let open = Box::new(move || Ok(Box::new(opened.clone()) as Box<dyn Store>));
            let told = story.holds(open, Telling::default());
            assert_eq!(letters(&told), straight, "{}: {fault:?} at unit {nth}", story.file);
            if !shared.0.lock().expect("one thread").fired() {
                assert!(nth > 20, "only {nth} units of work: the story is not told");
                break;
            }
        }
    }
}

/// One store under several handles, so that it can be asked afterwards whether the fault struck.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<FaultyStore<SqliteStore>>>);

impl Shared {
    /// One that never fails.
    pub fn sound() -> Shared {
        let store = SqliteStore::open_in_memory().expect("opened");
        Shared(Arc::new(Mutex::new(FaultyStore::new(store, u64::MAX, Fault::BeforeCommit))))
    }
}

impl Store for Shared {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        self.0.lock().expect("one thread").unit(work)
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        self.0.lock().expect("one thread").batch(works)
    }

    fn check(&mut self) -> Result<Vec<Broken>> {
        self.0.lock().expect("one thread").check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.0.lock().expect("one thread").backup(target)
    }
}
