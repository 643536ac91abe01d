//! The tasks that run the journeys.
