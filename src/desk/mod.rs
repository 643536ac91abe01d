//! The journeys: one unit of work each.
