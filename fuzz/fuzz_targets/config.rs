//! Any text is a configuration or is refused; each problem is one line that names the file and a line that it has.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| maildesk_fuzz::config::holds(bytes));
