//! How much work something is, whatever else the machine has to do: for tests of what must be linear.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

const RUNS: usize = 4;

/// Processor time that this thread spends on `work`, the least of four runs.
pub fn of(work: impl Fn()) -> Duration {
    let spent =
        || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a clock that began at zero");
    let once = |_| {
        let before = spent();
        work();
        spent() - before
    };
    (0..RUNS).map(once).min().expect("four runs")
}
