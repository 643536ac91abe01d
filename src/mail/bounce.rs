//! Reads delivery reports.
