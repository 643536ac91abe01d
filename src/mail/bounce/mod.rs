//! Reads delivery reports.

use crate::domain::message::{Incoming, Report};
use crate::mail::parse::tree::Tree;

/// Reads a report.
pub fn read(_tree: &Tree<'_>, _incoming: &Incoming) -> Option<Report> {
    None
}
