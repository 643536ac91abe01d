//! The operator's file to checked settings; all problems at once.
//!
//! [`load`] reads files, `conf.d` and environment into one tree with places (`layers`), walks it key by
//! key (`reader`) and hands out [`Settings`] or every [`Problem`]. [`desk_yaml`] reads the description of
//! a desk for a rehearsal with the same code, so that both mean the same.

mod desk;
pub mod desk_yaml;
pub mod examples;
mod layers;
mod load;
mod local;
mod node;
mod oauth;
mod passwords;
mod preset;
mod problem;
mod reader;
pub mod reference;
mod secret;
mod servers;
mod settings;
pub mod sheets;
mod toml_file;
mod upkeep;
mod waits;

pub use desk_yaml::{Described, read_desk_yaml};
pub use load::{Loaded, control_socket, load, load_trial, load_without_secrets, named_sheets};
pub use local::WAYS_IN;
pub use oauth::{Grant, Oauth};
pub use preset::Preset;
pub use problem::{Place, Problem, Problems, Unsupported};
pub use secret::Secret;
pub use settings::{
    Adopt, After, Auth, Listen, LocalSettings, Log, LogFormat, Login, MailboxSettings, Proof, Security,
    Server, Settings, SmtpSettings,
};
pub use upkeep::Retention;
pub use waits::{Pace, Waits};

/// The form of the operator's files. It grows when a file that was right must be changed by hand: a key goes, or means
/// something else. New keys do not count.
pub const VERSION: u32 = 1;
