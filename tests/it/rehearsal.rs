//! Scripted conversations, told through the journeys of the daemon.

use std::fs;
use std::path::{Path, PathBuf};

use maildesk::faces::rehearse::play::{self, Story, Telling};
use maildesk::faces::rehearse::reading;
use maildesk::faces::rehearse::setting::Setting;
use maildesk::faces::rehearse::stage::OpenStore;
use maildesk::faces::rehearse::transcript::transcript;
use maildesk::store::{SqliteStore, Store};

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

fn in_memory() -> OpenStore<'static> {
    Box::new(|| SqliteStore::open_in_memory().map(|store| Box::new(store) as Box<dyn Store>))
}

fn told(path: &Path, open: OpenStore<'_>, telling: Telling) -> Story {
    let text = fs::read_to_string(path).expect("can be read");
    let conversation = reading::read(&path.display().to_string(), &text).expect("a conversation");
    let setting = Setting::read(&path.with_file_name("desk.yaml"), None).expect("a desk");
    let desk = setting.desk(conversation.desk.as_ref()).expect("a desk");
    play::play(&conversation, &desk, open, telling).expect("the store holds")
}

#[test]
fn every_conversation_can_be_read() {
    for desk in ["siuntos", "smarttek", "softech", "steko", "stekspb"] {
        for path in conversations(desk) {
            let text = fs::read_to_string(&path).expect("can be read");
            let read = reading::read(&path.display().to_string(), &text).unwrap_or_else(|e| panic!("{e}"));
            assert!(!read.steps.is_empty(), "{} has no steps", path.display());
        }
    }
}

#[test]
#[ignore]
fn survey() {
    let zone = jiff::tz::TimeZone::UTC;
    for desk in ["siuntos", "smarttek", "softech", "steko", "stekspb"] {
        for path in conversations(desk) {
            let story = told(&path, in_memory(), Telling::default());
            let text = fs::read_to_string(&path).expect("can be read");
            let conversation = reading::read("x", &text).unwrap();
            println!("== {}", path.display());
            if std::env::var("ONLY").is_ok_and(|o| path.display().to_string().contains(&o)) {
                println!("{}", transcript(&story, &zone));
            }
            for (l, w) in play::unsupported(&conversation) {
                println!("  NOT YET {l} {w}");
            }
            for d in story.differences() {
                println!("  {d:?}");
            }
        }
    }
}
