//! Bytes to values and back, and the wires to the servers: IMAP, SMTP, and HTTPS for access tokens.

pub mod advice;
mod auth;
pub mod auth_results;
pub mod automatic;
pub mod bounce;
pub mod certificate;
pub mod charset;
mod cms;
pub mod command;
pub mod compose;
#[cfg(test)]
#[path = "../../tests/support/effort.rs"]
mod effort;
pub mod html;
pub mod http;
pub mod http_stream;
mod idn;
pub mod imap;
pub mod keys;
pub mod msgid;
pub mod oauth;
pub mod parse;
pub mod quote;
pub mod secret;
pub mod smtp;
pub mod tnef;
pub mod token;
pub mod trail;
pub mod wire;
