//! Tests from outside the crate, in one binary.

mod imap_dovecot;
mod imap_lies;
mod support;
