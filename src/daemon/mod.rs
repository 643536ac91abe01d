//! The tasks that run the journeys, and their lives.

pub mod canary;
pub mod clerk;
pub mod clock;
pub mod control;
pub mod hooks;
pub mod house;
pub mod http;
pub mod indexer;
pub mod intake;
mod leaps;
pub mod life;
pub mod lmtp;
pub mod lock;
pub mod oracle;
pub mod outbox;
pub mod pulse;
pub mod readiness;
pub mod retention;
pub mod run;
pub mod scheduler;
mod socket;
pub mod soundness;
pub mod switches;
pub mod telling;
pub mod tokens;
pub mod watchdog;
