//! Rehearsal: a scripted conversation is played through the journeys of the daemon, with a stepped clock and
//! without any network, and what it causes is compared with what was expected.

pub mod conversation;
pub mod mail;
pub mod reading;
pub mod stage;
