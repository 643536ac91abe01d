//! Stories and features, in one binary.

mod sandbox;
mod sandbox_peers;
