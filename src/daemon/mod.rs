//! The tasks that run the journeys, and their lives.

pub mod clerk;
pub mod clock;
