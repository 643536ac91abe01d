//! A mailbox over IMAP.
