//! Tests of everything inside one process. One binary, so that it links once.

mod sandbox;
mod sandbox_peers;
mod smtp_lies;
mod support;
