//! Finds what a mail refers to: address token, references, subject tag.

mod subject;
mod tag;

pub use subject::{base_subject, is_forward};
pub use tag::{TagPattern, tags_in};
