//! What the annotations of a Revision say about its scale.

use std::{collections::BTreeMap, time::Duration};

use knative::go_duration;
use knative::serving::{Revision, annotation};
use kube::ResourceExt;

use super::config::Config;

/// Annotation for the progress deadline of one Revision.
pub(super) const PROGRESS_DEADLINE: &str = "serving.knative.dev/progress-deadline";

/// What is measured and held at the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    /// Requests at once.
    Concurrency,
    /// Requests per second.
    Rate,
}

/// The scale settings of one Revision, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scaling {
    pub(super) min: u32,
    /// 0 is without a limit.
    pub(super) max: u32,
    pub(super) initial: u32,
    /// Pods started at once from zero.
    pub(super) activation: u32,
    pub(super) metric: Metric,
    /// What one Pod shall have, the utilisation already taken into account.
    pub(super) target: f64,
    pub(super) stable_window: Duration,
    pub(super) panic_window: Duration,
    /// Desired over ready Pods that starts panic mode.
    pub(super) panic_threshold: f64,
    pub(super) scale_down_delay: Duration,
    /// How long the last Pod stays after the decision for zero.
    pub(super) zero_delay: Duration,
    pub(super) progress_deadline: Duration,
    /// Hard limit of requests at once per Pod; 0 is without a limit.
    pub(super) container_concurrency: u32,
    /// Limit for one whole request.
    pub(super) timeout: Duration,
}

impl Scaling {
    pub(super) fn of(revision: &Revision, config: &Config) -> Self {
        let annotations = revision.annotations();
        let text = |key: &str| annotations.get(key).map(String::as_str);
        let count = |key: &str| text(key).and_then(|v| v.parse::<u32>().ok());
        let duration = |key: &str| text(key).and_then(go_duration::parse);
        let share = |key: &str| number(annotations, key).map(|percent| percent / 100.0);

        let hard = revision.spec.container_concurrency.unwrap_or(0).clamp(0, 1000);
        let metric = if text(annotation::METRIC) == Some("rps") { Metric::Rate } else { Metric::Concurrency };
        let wanted = number(annotations, annotation::TARGET);
        let default = match metric {
            Metric::Concurrency if hard > 0 => hard as f64,
            Metric::Concurrency => config.target_concurrency,
            Metric::Rate => 200.0,
        };
        let mut total = wanted.unwrap_or(default);
        if metric == Metric::Concurrency && hard > 0 {
            total = total.min(hard as f64);
        }
        let utilization = share(annotation::TARGET_UTILIZATION).unwrap_or(config.target_utilization);
        let stable_window = duration(annotation::WINDOW).unwrap_or(config.stable_window);
        let panic_share = share(annotation::PANIC_WINDOW_PERCENTAGE).unwrap_or(0.1);
        let grace = config.scale_to_zero_grace;
        Self {
            min: count(annotation::MIN_SCALE).unwrap_or(0),
            max: count(annotation::MAX_SCALE).unwrap_or(config.max_scale),
            initial: count(annotation::INITIAL_SCALE).unwrap_or(1),
            activation: count(annotation::ACTIVATION_SCALE).unwrap_or(1).max(1),
            metric,
            target: (total * utilization).max(0.01),
            stable_window,
            panic_window: stable_window.mul_f64(panic_share.clamp(0.01, 1.0)).max(Duration::from_secs(1)),
            panic_threshold: share(annotation::PANIC_THRESHOLD_PERCENTAGE).unwrap_or(2.0).max(1.1),
            scale_down_delay: duration(annotation::SCALE_DOWN_DELAY).unwrap_or_default(),
            zero_delay: duration(annotation::SCALE_TO_ZERO_RETENTION).unwrap_or_default().max(grace),
            progress_deadline: duration(PROGRESS_DEADLINE).unwrap_or(config.progress_deadline),
            container_concurrency: u32::try_from(hard).unwrap_or(0),
            timeout: revision
                .spec
                .timeout_seconds
                .and_then(|s| u64::try_from(s).ok())
                .filter(|s| *s > 0)
                .map_or(config.request_timeout, Duration::from_secs),
        }
    }
}

fn number(annotations: &BTreeMap<String, String>, key: &str) -> Option<f64> {
    annotations.get(key).and_then(|v| v.parse().ok()).filter(|n: &f64| n.is_finite() && *n > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaling(annotations: &[(&str, &str)], container_concurrency: i64) -> Scaling {
        let mut revision = Revision::new("r", Default::default());
        revision.spec.container_concurrency = Some(container_concurrency);
        revision.metadata.annotations =
            Some(annotations.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        Scaling::of(&revision, &Config::default())
    }

    #[test]
    fn without_annotations_the_defaults_of_knative_hold() {
        let it = scaling(&[], 0);
        assert_eq!((it.min, it.initial, it.metric), (0, 1, Metric::Concurrency));
        assert!((it.target - 70.0).abs() < 1e-9);
        assert_eq!((it.stable_window, it.panic_window), (Duration::from_mins(1), Duration::from_secs(6)));
    }

    #[test]
    fn the_hard_limit_bounds_the_target() {
        assert!((scaling(&[(annotation::TARGET, "50")], 10).target - 7.0).abs() < 1e-9);
        assert!((scaling(&[(annotation::TARGET, "5")], 10).target - 3.5).abs() < 1e-9);
    }

    #[test]
    fn annotations_are_read() {
        let it = scaling(
            &[
                (annotation::MIN_SCALE, "2"),
                (annotation::MAX_SCALE, "4"),
                (annotation::WINDOW, "10s"),
                (annotation::SCALE_TO_ZERO_RETENTION, "1m30s"),
                (PROGRESS_DEADLINE, "15s"),
            ],
            0,
        );
        assert_eq!((it.min, it.max), (2, 4));
        assert_eq!(it.stable_window, Duration::from_secs(10));
        assert_eq!(it.zero_delay, Duration::from_secs(90));
        assert_eq!(it.progress_deadline, Duration::from_secs(15));
    }
}
