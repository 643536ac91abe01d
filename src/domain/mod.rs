//! Values and decisions. No I/O, no clock, no randomness, no async, no logging.

pub mod address;
pub mod calendar;
pub mod holidays;
pub mod hours;
pub mod span;
