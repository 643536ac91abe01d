//! What several tests stand on.

pub mod faulty_store;
pub mod store_samples;
