//! Servers to test against: real ones, and one that lies.

pub mod dovecot;
pub mod liar_imap;
