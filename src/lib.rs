//! maildesk: a support desk that lives in a mailbox.
//!
//! The floors, lowest first; `tests/tidy.rs` holds who may name whom.
//!
//! * [`domain`]: values and decisions. No I/O, no clock, no randomness.
//! * [`config`], [`words`], [`mail`], [`store`]: the operator's file, human sentences, bytes on wires,
//!   what the desk remembers. None of them knows another.
//! * [`desk`]: the journeys. A mail comes in, a letter goes out, the clock strikes: look up, decide,
//!   write down, in one unit of work.
//! * [`daemon`]: the tasks that run the journeys, and their lives.
//! * [`sandbox`]: a small honest mail server in this process, for the demo.
//! * [`faces`]: how people touch it: the command line.

pub mod config;
pub mod daemon;
pub mod desk;
pub mod domain;
pub mod faces;
pub mod mail;
pub mod sandbox;
pub mod store;
pub mod words;
