//! Values and decisions. No I/O, no clock, no randomness, no async, no logging.

pub mod address;
pub mod audience;
pub mod calendar;
pub mod fold;
pub mod language;
