//! What stories share.

pub mod certificates;
pub mod liar_smtp;
