//! New text, signature and forwarded mail are lines of the mail in its order: nothing is made up, doubled or lost.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::quote::holds(bytes));
