//! Values and decisions. No I/O, no clock, no randomness, no async, no logging.

pub mod address;
pub mod audience;
pub mod calendar;
pub mod command;
pub mod digest;
pub mod effect;
pub mod event;
pub mod fold;
pub mod hash;
pub mod holidays;
pub mod hours;
pub mod language;
pub mod letter;
pub mod manners;
pub mod message;
pub mod people;
pub mod required;
pub mod route;
pub mod rules;
pub mod sla;
pub mod span;
pub mod step;
pub mod thread;
pub mod ticket;
