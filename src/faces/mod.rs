//! How people touch the program.

pub mod cli;
pub mod rehearse;
