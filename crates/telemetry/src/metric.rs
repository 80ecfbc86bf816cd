//! Names of the metrics (platform.md section 8) with their labels.

/// Value of the label `result` when it went well.
pub const SUCCESS: &str = "success";
/// Value of the label `result` when it did not.
pub const FAILURE: &str = "failure";

/// The value of the label `result`.
pub const fn result(ok: bool) -> &'static str {
    if ok { SUCCESS } else { FAILURE }
}

macro_rules! metrics {
    ($($describe:ident $constant:ident = $name:literal, $help:literal;)+) => {
        $(#[doc = $help] pub const $constant: &str = concat!("knative_lambda_", $name);)+

        /// Name and help text of every metric.
        pub const ALL: &[(&str, &str)] = &[$(($constant, $help)),+];

        /// Gives the recorder the help texts.
        pub(crate) fn describe() {
            $(metrics::$describe!($constant, $help);)+
        }
    };
}

metrics! {
    describe_counter OPERATOR_RECONCILE = "operator_reconcile_total",
        "Reconciles of a LambdaFunction, by phase and result.";
    describe_histogram OPERATOR_RECONCILE_DURATION = "operator_reconcile_duration_seconds",
        "Time of one reconcile.";
    describe_gauge OPERATOR_FUNCTIONS = "operator_lambdafunctions",
        "LambdaFunctions, by namespace and phase.";
    describe_gauge OPERATOR_BUILD_JOBS = "operator_build_jobs_active",
        "Build Jobs that run.";
    describe_histogram OPERATOR_BUILD_DURATION = "operator_build_duration_seconds",
        "Time of one build, by runtime and result.";
    describe_gauge OPERATOR_BUILD_QUEUE = "operator_build_queue_depth",
        "Builds that wait for a place, by priority.";
    describe_gauge OPERATOR_OUTBOX = "operator_outbox_pending",
        "Lifecycle events that wait to be published.";
    describe_counter EVENTS = "events_total",
        "Events accepted or refused, by type and result.";
    describe_gauge EVENTS_LAG = "events_lag_seconds",
        "Age of the oldest event that is not recorded yet.";
    describe_gauge DLQ_DEPTH = "dlq_depth",
        "Dead letters, by tenant.";
    describe_counter DLQ_REPLAY = "dlq_replay_total",
        "Dead letters replayed, by result.";
    describe_counter FUNCTION_INVOCATIONS = "function_invocations_total",
        "Calls of functions, by function, namespace and status.";
    describe_histogram FUNCTION_DURATION = "function_duration_seconds",
        "Time in the function of one call.";
    describe_counter FUNCTION_ERRORS = "function_errors_total",
        "Calls that failed, by error_type.";
    describe_counter FUNCTION_COLD_STARTS = "function_cold_starts_total",
        "Calls for which an instance had to be started.";
    describe_histogram FUNCTION_COLD_START = "function_cold_start_seconds",
        "Time until an instance that had to be started took the call.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_contract() {
        let names: Vec<_> =
            ALL.iter().map(|(name, _)| name.strip_prefix("knative_lambda_").unwrap()).collect();
        assert_eq!(names.len(), 16);
        for name in ["operator_lambdafunctions", "events_lag_seconds", "function_cold_start_seconds"] {
            assert!(names.contains(&name), "{name}");
        }
    }
}
