//! Values and decisions. No I/O, no clock, no randomness, no async, no logging.

pub mod address;
pub mod calendar;
pub mod delivery;
pub mod hash;
pub mod letter;
pub mod letter_codec;
pub mod message;
pub mod retry;
