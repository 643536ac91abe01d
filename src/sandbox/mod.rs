//! A small honest mail server in this process.
//!
//! IMAP4rev1 and SMTP on loopback with mailboxes in memory, so that `maildesk demo` and the tests run
//! the real daemon against a real conversation on a wire with nothing to install. It speaks both
//! protocols as they should be spoken, for mail programs other than ours, too; it keeps nothing on
//! disk, speaks no TLS and sends no mail anywhere: what it does not serve, it refuses.
//!
//! * `server`: the [`Sandbox`] itself: ports, tasks, life and end.
//! * `mailbox`: accounts, folders, messages, flags.
//! * `directory`: which address belongs to whom.
//! * `delivery`: a mail arrives: trace headers, INBOX, the log of deliveries.
//! * `smtp`, `imap`: the two wires.

mod delivery;
mod directory;
mod imap;
mod mailbox;
mod server;
mod smtp;
mod state;

pub use delivery::{Deliveries, Delivery, Via};
pub use directory::Refusal;
pub use mailbox::{Flags, Message};
pub use server::{Mailbox, Sandbox, SandboxConfig};
pub use state::Clock;
