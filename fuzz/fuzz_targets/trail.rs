//! Our own tags, tokens and Message-IDs are always found again in what a mail refers to, and nothing else is taken for one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::trail::holds(bytes));
