//! Finds what a mail refers to: address token, references, subject tag.
