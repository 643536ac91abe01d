//! Promises as spans of time.
use serde::{Deserialize, Serialize};
/// A span as the operator writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span(String);
