//! How many Pods a Revision shall have: the decision of Knative's pod autoscaler, over a stable and a
//! panic window. Pure; time comes in as a parameter.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::scaling::Scaling;

/// Pods are multiplied by at most this at one decision.
const MAX_SCALE_UP: f64 = 1000.0;
/// Pods are divided by at most this at one decision.
const MAX_SCALE_DOWN: f64 = 2.0;

/// One second (or so) of load.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// Average of the metric since the sample before.
    load: f64,
}

/// Load of one Revision over its stable window, and the memory that decisions need.
#[derive(Debug)]
pub(super) struct Autoscaler {
    samples: VecDeque<Sample>,
    /// Last time that there was load, or a Pod became ready.
    active: Instant,
    /// Panic mode lasts until a stable window after this; with the most Pods that it wanted.
    panic: Option<(Instant, u32)>,
    /// Decisions within the scale-down delay.
    recent: VecDeque<(Instant, u32)>,
}

/// What the autoscaler sees at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) at: Instant,
    /// Pods that serve.
    pub(super) ready: u32,
    /// Requests at once at this moment, the waiting ones included.
    pub(super) in_flight: u32,
    /// Whether requests wait because every Pod is full.
    pub(super) saturated: bool,
    /// Whether a Route sends traffic here; if not, the lower limit does not hold.
    pub(super) reachable: bool,
}

impl Autoscaler {
    pub(super) fn new(at: Instant) -> Self {
        Self { samples: VecDeque::new(), active: at, panic: None, recent: VecDeque::new() }
    }

    /// Notes the average load since the last call.
    pub(super) fn record(&mut self, at: Instant, load: f64) {
        if load > 0.0 {
            self.active = at;
        }
        self.samples.push_back(Sample { at, load });
    }

    /// Notes that something happened that makes the Revision worth keeping: a request, a new Pod.
    pub(super) fn touch(&mut self, at: Instant) {
        self.active = self.active.max(at);
    }

    /// When the Revision may go to zero, if nothing happens until then.
    pub(super) fn idle_at(&self, scaling: &Scaling) -> Instant {
        self.active + scaling.stable_window
    }

    /// The number of Pods wanted now.
    pub(super) fn decide(&mut self, scaling: &Scaling, now: Now) -> u32 {
        self.forget(now.at, scaling.stable_window);
        let bounded = bound(scaling, now.reachable, self.wanted(scaling, now));
        self.delay_down(scaling, now.at, bounded)
    }

    fn wanted(&mut self, scaling: &Scaling, now: Now) -> u32 {
        if now.in_flight > 0 {
            self.active = now.at;
        }
        if now.ready == 0 {
            // Nothing is known of the load yet: start as told, see what it can do, go on from there.
            return if now.in_flight > 0 {
                scaling.activation
            } else {
                u32::from(now.at < self.idle_at(scaling))
            };
        }
        if now.at >= self.idle_at(scaling) {
            self.panic = None;
            return 0;
        }
        let ready = f64::from(now.ready);
        let pods = |load: f64| {
            let most = (ready * MAX_SCALE_UP).ceil();
            let least = (ready / MAX_SCALE_DOWN).floor();
            (load / scaling.target).ceil().clamp(least, most)
        };
        let stable = pods(self.average(now.at, scaling.stable_window)).max(1.0) as u32;
        let mut load = self.average(now.at, scaling.panic_window);
        if now.saturated {
            load = load.max(f64::from(now.in_flight));
        }
        let panic = pods(load).max(1.0) as u32;

        if f64::from(panic) / ready >= scaling.panic_threshold {
            let most = self.panic.map_or(panic, |(_, most)| most.max(panic));
            self.panic = Some((now.at, most));
        }
        match self.panic {
            Some((since, _)) if now.at.duration_since(since) >= scaling.stable_window => {
                self.panic = None;
                stable
            }
            // In panic mode Pods are only added.
            Some((since, most)) => {
                let most = most.max(panic);
                self.panic = Some((since, most));
                most
            }
            None => stable,
        }
    }

    fn average(&self, at: Instant, window: Duration) -> f64 {
        let mut sum = 0.0;
        let mut count = 0_u32;
        for sample in self.samples.iter().rev() {
            if at.duration_since(sample.at) >= window {
                break;
            }
            sum += sample.load;
            count += 1;
        }
        if count == 0 { 0.0 } else { sum / f64::from(count) }
    }

    fn forget(&mut self, at: Instant, window: Duration) {
        while self.samples.front().is_some_and(|s| at.duration_since(s.at) >= window) {
            self.samples.pop_front();
        }
    }

    fn delay_down(&mut self, scaling: &Scaling, at: Instant, desired: u32) -> u32 {
        if scaling.scale_down_delay.is_zero() {
            return desired;
        }
        self.recent.push_back((at, desired));
        while self
            .recent
            .front()
            .is_some_and(|(then, _)| at.duration_since(*then) >= scaling.scale_down_delay)
        {
            self.recent.pop_front();
        }
        self.recent.iter().map(|(_, desired)| *desired).max().unwrap_or(desired)
    }
}

fn bound(scaling: &Scaling, reachable: bool, wanted: u32) -> u32 {
    let least = if reachable { scaling.min } else { 0 };
    let wanted = wanted.max(least);
    if scaling.max == 0 { wanted } else { wanted.min(scaling.max) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knative::{config::Config, scaling::Scaling};
    use knative::serving::Revision;

    fn scaling(annotations: &[(&str, &str)]) -> Scaling {
        let mut revision = Revision::new("r", Default::default());
        let full = |key: &str| format!("autoscaling.knative.dev/{key}");
        revision.metadata.annotations =
            Some(annotations.iter().map(|(k, v)| (full(k), (*v).to_owned())).collect());
        Scaling::of(&revision, &Config::default())
    }

    fn at(start: Instant, second: u64, ready: u32, in_flight: u32) -> Now {
        Now { at: start + Duration::from_secs(second), ready, in_flight, saturated: false, reachable: true }
    }

    #[test]
    fn from_zero_one_pod_is_started_whatever_waits() {
        let (start, scaling) = (Instant::now(), scaling(&[("target", "1")]));
        let mut autoscaler = Autoscaler::new(start);
        assert_eq!(autoscaler.decide(&scaling, at(start, 100, 0, 40)), 1);
    }

    #[test]
    fn a_steady_load_is_divided_by_the_target() {
        let (start, scaling) = (Instant::now(), scaling(&[("target", "10"), ("window", "10s")]));
        let mut autoscaler = Autoscaler::new(start);
        for second in 1..=10 {
            autoscaler.record(start + Duration::from_secs(second), 28.0);
        }
        assert_eq!(autoscaler.decide(&scaling, at(start, 10, 3, 28)), 4);
    }

    #[test]
    fn a_burst_starts_panic_mode_and_nothing_is_taken_away_while_it_lasts() {
        let (start, scaling) = (Instant::now(), scaling(&[("target", "10"), ("window", "60s")]));
        let mut autoscaler = Autoscaler::new(start);
        for second in 1..=50 {
            autoscaler.record(start + Duration::from_secs(second), 1.0);
        }
        for second in 51..=56 {
            autoscaler.record(start + Duration::from_secs(second), 35.0);
        }
        assert_eq!(autoscaler.decide(&scaling, at(start, 56, 1, 35)), 5);
        for second in 57..=70 {
            autoscaler.record(start + Duration::from_secs(second), 1.0);
        }
        assert_eq!(autoscaler.decide(&scaling, at(start, 70, 5, 1)), 5);
        for second in 71..=130 {
            autoscaler.record(start + Duration::from_secs(second), 1.0);
        }
        assert_eq!(autoscaler.decide(&scaling, at(start, 130, 5, 1)), 2, "halved at most");
    }

    #[test]
    fn waiting_requests_count_at_once_when_every_pod_is_full() {
        let (start, scaling) = (Instant::now(), scaling(&[("target", "10")]));
        let mut autoscaler = Autoscaler::new(start);
        let mut now = at(start, 5, 1, 30);
        now.saturated = true;
        assert_eq!(autoscaler.decide(&scaling, now), 5);
    }

    #[test]
    fn zero_comes_after_a_stable_window_without_load_and_no_earlier() {
        let (start, scaling) = (Instant::now(), scaling(&[("window", "10s")]));
        let mut autoscaler = Autoscaler::new(start);
        autoscaler.record(start + Duration::from_secs(3), 0.5);
        assert_eq!(autoscaler.decide(&scaling, at(start, 12, 1, 0)), 1);
        assert_eq!(autoscaler.decide(&scaling, at(start, 13, 1, 0)), 0);
    }

    #[test]
    fn the_lower_limit_holds_only_with_traffic_assigned() {
        let (start, scaling) = (Instant::now(), scaling(&[("min-scale", "2"), ("max-scale", "3")]));
        let mut autoscaler = Autoscaler::new(start);
        assert_eq!(autoscaler.decide(&scaling, at(start, 1000, 2, 0)), 2);
        let mut now = at(start, 1001, 2, 0);
        now.reachable = false;
        assert_eq!(autoscaler.decide(&scaling, now), 0);
        now.in_flight = 10_000;
        now.saturated = true;
        now.reachable = true;
        assert_eq!(autoscaler.decide(&scaling, now), 3, "the upper limit always holds");
    }

    #[test]
    fn a_lower_decision_waits_for_the_scale_down_delay() {
        let (start, scaling) = (Instant::now(), scaling(&[("window", "10s"), ("scale-down-delay", "30s")]));
        let mut autoscaler = Autoscaler::new(start);
        assert_eq!(autoscaler.decide(&scaling, at(start, 9, 1, 0)), 1);
        assert_eq!(autoscaler.decide(&scaling, at(start, 20, 1, 0)), 1);
        assert_eq!(autoscaler.decide(&scaling, at(start, 40, 1, 0)), 0);
    }
}
