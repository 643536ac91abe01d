//! Only the topmost field of a trusted server says anything; what is read says the same when it is written out.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::auth_results::holds(bytes));
