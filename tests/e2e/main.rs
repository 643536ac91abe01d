//! End to end: real Dovecot, real Postfix, the real program.

#[path = "../support/mod.rs"]
mod support;

mod begun;
mod big;
mod conversation;
mod cost;
mod desk;
mod encrypted;
mod handed_over;
mod killed;
mod malformed;
mod operated;
mod outages;
mod rig;
mod seeing;
mod shared;
mod systemd;
mod tokens;
