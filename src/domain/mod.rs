//! Values and decisions. No I/O, no clock, no randomness, no async, no logging.

pub mod address;
pub mod calendar;
pub mod fold;
pub mod hash;
pub mod holidays;
pub mod hours;
pub mod language;
pub mod letter;
pub mod message;
pub mod people;
pub mod rules;
pub mod span;
pub mod thread;
pub mod ticket;
