//! A report names few recipients, each once, in clean words, and never reads as the mail of a person.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::bounce::holds(bytes));
