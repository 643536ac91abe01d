//! Any bytes are a mail within its limits, whose fields are clean, whose files have safe names and are found again;
//! any page and any charset give a text that is not much longer than they are.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::parse::holds(bytes));
