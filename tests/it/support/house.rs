//! A house for stories of one task: a store in memory, keys that stay, a clock that is set.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use maildesk::config::load;
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::control::NewRequest;
use maildesk::daemon::house::{Desks, House, Progress};
use maildesk::daemon::tokens::Tokens;
use maildesk::desk::Desk;
use maildesk::desk::identity::identity;
use maildesk::store::{SqliteStore, Store};
use maildesk::words::Catalogue;
use tokio_util::sync::CancellationToken;

/// One desk that Petr works at, and its mailbox; more tables may follow.
pub const CONFIG: &str = r#"state_dir = "state"
[desk]
address = "support@desk.example"
agents = ["Petr Novák <petr@desk.example>"]
[mailbox]
host = "127.0.0.1"
security = "plain"
user = "support@desk.example"
password = "obuolys"
"#;

/// A request that Ona makes by telephone.
pub fn request(subject: &str) -> NewRequest {
    NewRequest {
        desk: "desk".to_owned(),
        channel: "phone".to_owned(),
        name: "Ona".to_owned(),
        address: Some("ona@client.example".to_owned()),
        subject: subject.to_owned(),
        text: "It prints nothing.".to_owned(),
        ..NewRequest::default()
    }
}

/// The house of a configuration that is written into `dir`; its clock stands at nine on a Monday.
pub fn house(dir: &Path, config: &str) -> House {
    let file = dir.join("maildesk.toml");
    std::fs::write(&file, config).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = load(&[file], &Default::default()).unwrap_or_else(|p| panic!("{p}")).settings;
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open_in_memory().unwrap());
    let identity = store.run(|tx| identity(tx, &[7; 48])).unwrap();
    let words = Arc::new(Catalogue::embedded());
    let desk = Desk::new(settings.desks[0].clone(), words, identity.keys, identity.instance);
    let clock = Clock::stepped("2026-03-02T07:12:00Z".parse().unwrap());
    House {
        clerk: Clerk::start(store).unwrap().0,
        tokens: Arc::new(Tokens::new(&settings, &clock, None)),
        clock,
        settings: Arc::new(settings),
        desks: Arc::new(Desks::new(vec![Arc::new(desk)])),
        progress: Arc::new(Progress::default()),
        stop: CancellationToken::new(),
    }
}
