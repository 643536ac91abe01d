//! Bytes to values and back, and the two wires to the servers.

pub mod automatic;
pub mod bounce;
pub mod charset;
pub mod command;
pub mod compose;
pub mod html;
pub mod imap;
pub mod msgid;
pub mod parse;
pub mod quote;
pub mod secret;
pub mod smtp;
pub mod token;
pub mod trail;
pub mod wire;
