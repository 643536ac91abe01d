//! A letter counts as taken only behind its final dot and a 2xx; texts are clean; a connection out of step is not used again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::smtp_response::holds(bytes));
