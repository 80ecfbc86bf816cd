//! Waiting times that double: for crashing containers and images that cannot be had.

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_mins(5);
/// A container that ran for so long begins anew.
const FORGIVEN: Duration = Duration::from_mins(10);

/// How long to wait next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The waiting time after one more failure. The first restart of a container is at once; images
    /// are waited for from the first failure on.
    pub(super) fn fail(&mut self) -> Duration {
        self.failures += 1;
        self.delay()
    }

    /// The waiting time that [`fail`](Self::fail) gave last.
    pub(super) fn delay(self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        FIRST.saturating_mul(1 << doublings).min(LONGEST)
    }

    /// Begins anew if a run was long enough.
    pub(super) fn forgive(&mut self, started: Instant) {
        if started.elapsed() >= FORGIVEN {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_from_ten_seconds_to_five_minutes() {
        let mut backoff = Backoff::default();
        let seconds: Vec<u64> = (0..7).map(|_| backoff.fail().as_secs()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 300, 300]);
    }
}
