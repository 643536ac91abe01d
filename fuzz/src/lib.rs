//! What must hold whatever a stranger sends.
//!
//! The fuzz targets ask these with bytes that nobody thought of; `tests/it/fuzzed.rs` asks them with the seeds that are
//! kept, so that what was once found and mended stays so, without a fuzzer.

use std::time::Duration;

pub mod auth_results;
pub mod bounce;
pub mod command;
pub mod config;
pub mod imap_response;
pub mod parse;
pub mod quote;
pub mod smtp_response;
mod talk;
pub mod trail;

/// A check of one input: it panics where something does not hold.
pub type Holds = fn(&[u8]);

/// Every check with its name, which is that of its target and of the folder with its seeds.
pub const ALL: [(&str, Holds); 9] = [
    ("auth_results", auth_results::holds),
    ("bounce", bounce::holds),
    ("command", command::holds),
    ("config", config::holds),
    ("imap_response", imap_response::holds),
    ("parse", parse::holds),
    ("quote", quote::holds),
    ("smtp_response", smtp_response::holds),
    ("trail", trail::holds),
];

/// Gives `work` a big input made of a small one, for one in 512: its end over and over. What takes more than linear time
/// takes too much for it.
fn grown(bytes: &[u8], work: impl FnOnce(&[u8])) {
    const BYTES: usize = 128 << 10;
    let sum = bytes.iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    if !sum.is_multiple_of(512) || bytes.is_empty() {
        return;
    }
    let (head, end) = bytes.split_at(sum as usize / 512 % bytes.len());
    let mut all = head.to_vec();
    while all.len() < BYTES {
        all.extend_from_slice(end);
    }
    in_time(|| work(&all));
}

/// Most time of the processor that anything here may take: hundreds of times what it should.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs `work`, and panics where it took more than ten seconds of the processor. The clock on the wall would blame it for
/// whatever else this machine does.
pub fn in_time<T>(work: impl FnOnce() -> T) -> T {
    let begun = time_on_cpu();
    let done = work();
    let took = time_on_cpu().saturating_sub(begun);
    assert!(took < LIMIT, "{took:?} of the processor");
    done
}

/// What this thread has had of the processor; nothing where the system does not say.
fn time_on_cpu() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default())
}

/// Nothing in it can begin a new line, ring a bell or move a cursor.
fn is_one_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
