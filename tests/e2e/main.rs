//! End to end: real Dovecot, real Postfix, the real program.

#[path = "../support/mod.rs"]
mod support;

mod rig;
