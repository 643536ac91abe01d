//! What stories share: servers that lie, servers that are real, certificates, a store that fails.

pub mod certificates;
pub mod dovecot;
pub mod faulty_store;
pub mod liar_imap;
pub mod liar_smtp;
pub mod store_samples;
