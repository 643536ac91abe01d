//! The tasks that run the journeys, and their lives.

pub mod clerk;
pub mod clock;
pub mod house;
pub mod lock;
pub mod scheduler;
