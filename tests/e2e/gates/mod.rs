//! The gates: what a mail desk must not do, shown with real servers, each test named by its number.
//!
//! | gates | what they ask | where |
//! |---|---|---|
//! | 1 | killed at any moment | `killed`; named fault points in `tests/it` |
//! | 2, 3, 4 | the mailbox: other people in it, numbered anew, the same mail again | `mailbox` |
//! | 5, 6, 8 | a mail server that lies or is away | `tests/it/gates/sending.rs` |
//! | 7, 9, 19 | a letter that does not arrive | `lost` |
//! | 10 | mails that break the program | `tests/it/gates/poison.rs` |
//! | 11, 15, 24 | much mail, no room, bombs | `heavy` |
//! | 12, 14 | two daemons; yesterday's backup | `twice` |
//! | 13, 16 | silence: a reply that waits, a responder | `silence` |
//! | 17, 18 | machines, absence, thanks | `tests/it/gates/machines.rs` |
//! | 20, 21 | strangers and forgers | `strangers` |
//! | 22, 23 | forged proofs, agents' commands | `tests/it/gates/trust.rs` |
//! | 25 | what may not be told, and what must stand fast | `secrets` |

mod heavy;
mod killed;
mod lost;
mod mailbox;
mod secrets;
mod silence;
mod strangers;
mod twice;
