//! The decisions of the domain, told as tables and stories. No store, no mail, no clock.

mod agents;
mod aside;
mod clients;
mod commands;
mod ground;
mod held;
mod machine;
mod manners;
mod mornings;
mod offers;
mod promises;
mod routes;
mod silence;
