//! Bytes to values and back, and the two wires to the servers.

pub mod auth_results;
pub mod automatic;
pub mod bounce;
pub mod certificate;
pub mod charset;
pub mod command;
pub mod compose;
pub mod html;
mod idn;
pub mod imap;
pub mod keys;
pub mod msgid;
pub mod parse;
pub mod quote;
pub mod secret;
pub mod smtp;
pub mod token;
pub mod trail;
pub mod wire;
