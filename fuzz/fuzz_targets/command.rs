//! No client ever reads a command; what is understood of one says the same when it is written out.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::command::holds(bytes));
