//! How people touch the program.

pub mod cli;
pub mod demo;
pub mod exit;
pub mod logging;
pub mod rehearse;
