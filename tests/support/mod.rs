//! Real servers, people at mail programs, and the real daemon, each in a directory of its own.
//!
//! What one binary leaves unused another one needs.
#![allow(dead_code)]

pub mod authority;
pub mod cable;
pub mod chance;
pub mod child;
pub mod daemon;
#[path = "../it/support/dovecot.rs"]
pub mod dovecot;
pub mod ground;
pub mod machine;
pub mod maildir;
pub mod odd_mail;
pub mod people;
pub mod postfix;
pub mod second_client;
pub mod smtp;
pub mod token_server;
pub mod town;
pub mod wire;
