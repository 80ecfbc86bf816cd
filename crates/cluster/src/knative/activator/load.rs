//! How much one Revision has to do: requests in flight, integrated over time.

use std::time::Instant;

/// Running totals since the last reading.
#[derive(Debug)]
pub(super) struct Load {
    in_flight: u32,
    /// Requests times seconds since `from`.
    area: f64,
    from: Instant,
    settled: Instant,
    arrivals: u32,
    last: Instant,
}

/// One reading.
#[derive(Clone, Copy, Debug)]
pub(in crate::knative) struct Reading {
    /// Requests at once, on average since the reading before.
    pub(in crate::knative) concurrency: f64,
    /// Requests per second since the reading before.
    pub(in crate::knative) rate: f64,
}

impl Load {
    pub(super) fn new(now: Instant) -> Self {
        Self { in_flight: 0, area: 0.0, from: now, settled: now, arrivals: 0, last: now }
    }

    pub(super) fn begin(&mut self, now: Instant) {
        self.settle(now);
        self.in_flight += 1;
        self.arrivals += 1;
        self.last = now;
    }

    pub(super) fn end(&mut self, now: Instant) {
        self.settle(now);
        self.in_flight = self.in_flight.saturating_sub(1);
        self.last = now;
    }

    /// Reads and starts anew.
    pub(super) fn take(&mut self, now: Instant) -> Reading {
        self.settle(now);
        let seconds = now.duration_since(self.from).as_secs_f64().max(0.001);
        let reading = Reading { concurrency: self.area / seconds, rate: f64::from(self.arrivals) / seconds };
        (self.area, self.from, self.arrivals) = (0.0, now, 0);
        reading
    }

    /// Requests at this moment, the waiting ones included, and when one last began or ended.
    pub(super) fn in_flight(&self) -> (u32, Instant) {
        (self.in_flight, self.last)
    }

    fn settle(&mut self, now: Instant) {
        self.area += f64::from(self.in_flight) * now.duration_since(self.settled).as_secs_f64();
        self.settled = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn concurrency_is_averaged_over_time() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut load = Load::new(start);
        load.begin(at(0));
        load.begin(at(500));
        load.end(at(1000));
        let reading = load.take(at(2000));
        assert!((reading.concurrency - 1.25).abs() < 1e-9);
        assert!((reading.rate - 1.0).abs() < 1e-9);
        assert_eq!(load.in_flight(), (1, at(1000)));
        assert!(
            (load.take(at(3000)).concurrency - 1.0).abs() < 1e-9,
            "only what came since the last reading"
        );
    }
}
