//! Letters, acknowledgements, intake and timers are stopped at once, over a restart, and go on (F28).

use maildesk::daemon::switches::{Switch, kept, turn};
use maildesk::store::{SqliteStore, Store};

use crate::cli::Folder;

#[test]
fn what_is_paused_stays_so_over_a_restart_and_keeps_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("an instant");
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&path).expect("opened"));
    let (first, later) = (at("2026-03-02T07:00:00Z"), at("2026-03-02T08:00:00Z"));
    store.run(|tx| turn(tx, &[Switch::Letters], true, "the relay moves", first)).expect("paused");
    drop(store);
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&path).expect("opened"));
    store.run(|tx| turn(tx, &[Switch::Letters, Switch::Timers], true, "", later)).expect("paused");
    let paused = store.run(|tx| kept(tx)).expect("asked");
    assert_eq!((paused[&Switch::Letters].since, paused[&Switch::Timers].since), (first, later));
    let left = store.run(|tx| turn(tx, &[Switch::Letters], false, "", later)).expect("resumed");
    assert_eq!(left.keys().collect::<Vec<_>>(), [&Switch::Timers]);
}

#[test]
fn the_operator_pauses_and_resumes_and_sees_it() {
    let folder = Folder::new();
    drop(folder.store());
    let said = folder.run(&["pause", "letters", "timers", "--why", "the relay\nmoves"]).ok();
    assert!(said.contains("paused       letters since ") && said.contains(": the relay moves\n"), "{said}");
    let document = folder.json(&["resume", "letters"]);
    assert_eq!(document["paused"].as_object().expect("an object").keys().collect::<Vec<_>>(), ["timers"]);
    assert_eq!(folder.run(&["resume"]).ok(), "nothing is paused\n");
    let (code, text) = folder.run(&["pause", "everything"]).failed();
    assert!(code == 64 && text.contains("letters, acknowledgements, intake, timers"), "{code} {text}");
    assert_eq!(folder.run(&["pause"]).failed().0, 64);
}
