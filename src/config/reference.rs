//! The reference file: every key with its default and a sentence. A test holds it to the code.

/// The text of `config/maildesk.toml`.
pub const REFERENCE: &str = include_str!("../../config/maildesk.toml");
/// The text of `config/small.toml`: a desk in twenty lines.
pub const SMALL: &str = include_str!("../../config/small.toml");
