//! The gates that no honest server can show: each test is named by its number. The table of all of them stands in
//! `tests/e2e/gates/mod.rs`.

pub mod desk;
mod machines;
mod poison;
mod sending;
mod trust;
