//! What stories share: servers that lie, servers that are real, certificates, a store that fails.

#[path = "../../support/authority.rs"]
pub mod authority;
pub mod bench;
#[allow(dead_code, reason = "shared with the end to end tests")]
#[path = "../../support/cable.rs"]
pub mod cable;
pub mod certificates;
#[allow(dead_code, reason = "shared with the end to end tests, which need more of it")]
#[path = "../../support/chance.rs"]
pub mod chance;
#[allow(dead_code, reason = "shared with the end to end tests, which need more of it")]
#[path = "../../support/child.rs"]
pub mod child;
#[allow(dead_code, reason = "shared with the soak, which needs more of it")]
pub mod dovecot;
#[path = "../../support/effort.rs"]
pub mod effort;
pub mod faulty_store;
#[path = "../../support/ground.rs"]
pub mod ground;
pub mod house;
pub mod liar_imap;
pub mod liar_smtp;
pub mod post;
pub mod store_samples;
#[allow(dead_code, reason = "shared with the end to end tests, which need more of it")]
#[path = "../../support/token_server.rs"]
pub mod token_server;
