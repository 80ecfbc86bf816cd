//! Metrics for Prometheus.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{Error, metric};

/// Upper bounds of the histograms' buckets, in seconds: from a warm call to a long build.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
];

/// Reads what was recorded; cheap to clone.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl std::fmt::Debug for MetricsHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsHandle")
    }
}

impl MetricsHandle {
    /// The text of `/metrics` (Prometheus text format 0.0.4).
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

/// Makes the process's recorder, with the help text of every metric.
pub fn start_metrics() -> Result<MetricsHandle, Error> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        // The only error is an empty list of buckets.
        .unwrap_or_default()
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| Error::Twice("metrics"))?;
    metric::describe();
    Ok(MetricsHandle(handle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_rendered_with_its_help_and_buckets() {
        let handle = start_metrics().unwrap();
        metrics::counter!(metric::EVENTS, "type" => "t", "result" => metric::SUCCESS).increment(2);
        metrics::histogram!(metric::FUNCTION_DURATION).record(0.3);
        let text = handle.render();
        assert!(text.contains("# HELP knative_lambda_events_total "), "{text}");
        assert!(text.contains("knative_lambda_events_total{type=\"t\",result=\"success\"} 2"), "{text}");
        assert!(text.contains("knative_lambda_function_duration_seconds_bucket{le=\"0.5\"} 1"), "{text}");
        assert!(matches!(start_metrics(), Err(Error::Twice("metrics"))));
    }
}
