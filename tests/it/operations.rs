//! What an operator goes through: a database lost and restored, a person taken out, switches, old databases.

mod erasing;
mod restoring;
mod shelf;
mod switching;
