//! IMAP4rev1 (RFC 3501) with IDLE, UIDPLUS, MOVE, LITERAL+, SASL-IR, ID, NAMESPACE, SPECIAL-USE, UNSELECT.
//!
//! imap-codec reads commands and writes responses; what they mean is decided here.
//!
//! * `wire`: bytes in and out, literals, IDLE, the login dialogue.
//! * `session`: which command may come when, and what follows it.
//! * `view`: the selected folder as this client knows it, and what it must be told.
//! * `folders`, `listing`: folders themselves. `messages`: what is done to messages.
//! * `fetch`, `sections`, `structure`, `search`: what is read of messages.
//! * `replies`: responses on their way out.

mod fetch;
mod folders;
mod listing;
mod messages;
mod replies;
mod search;
mod sections;
mod session;
mod structure;
mod view;
mod wire;

pub(super) use wire::serve;
