//! What tells a machine's mail: bounces, vacation notes, lists, notices.
