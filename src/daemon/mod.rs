//! The tasks that run the journeys, and their lives.

pub mod clerk;
pub mod clock;
pub mod control;
pub mod hooks;
pub mod house;
pub mod indexer;
pub mod intake;
pub mod life;
pub mod lock;
pub mod outbox;
pub mod run;
pub mod scheduler;
pub mod tokens;
