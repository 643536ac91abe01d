//! Numbers that look like chance, and are the same for the same seed.

use std::hash::{BuildHasher, RandomState};

/// splitmix64.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From this seed.
    pub fn of(seed: u64) -> Chance {
        Chance(seed)
    }

    /// From MAILDESK_SEED, or anew; said aloud, so that a failure can be played again.
    pub fn new() -> Chance {
        let seed = seed().unwrap_or_else(|| RandomState::new().hash_one(std::process::id()));
        eprintln!("MAILDESK_SEED={seed}");
        Chance(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).expect("the index of a slice")]
    }

    /// So many times in a hundred.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }
}

/// MAILDESK_SEED, where somebody wants one story again.
pub fn seed() -> Option<u64> {
    std::env::var("MAILDESK_SEED").ok().and_then(|seed| seed.parse().ok())
}
