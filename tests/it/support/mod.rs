//! Servers to test against: real ones, and one that lies.

#[path = "../../support/authority.rs"]
pub mod authority;
#[allow(dead_code, reason = "shared with the end to end tests, which need more of it")]
#[path = "../../support/child.rs"]
pub mod child;
pub mod dovecot;
#[path = "../../support/ground.rs"]
pub mod ground;
pub mod liar_imap;
