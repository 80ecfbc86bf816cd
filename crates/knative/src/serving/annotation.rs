//! Annotation and label keys of Knative Serving.

/// Fewest Pods of a Revision; 0 lets it scale to zero.
pub const MIN_SCALE: &str = "autoscaling.knative.dev/min-scale";
/// Most Pods of a Revision; 0 is without a limit.
pub const MAX_SCALE: &str = "autoscaling.knative.dev/max-scale";
/// Pods started for a new Revision before it may be ready (1 where absent).
pub const INITIAL_SCALE: &str = "autoscaling.knative.dev/initial-scale";
/// Requests at once (or per second, by [`METRIC`]) that one Pod shall have.
pub const TARGET: &str = "autoscaling.knative.dev/target";
/// How much of the target is used before another Pod starts, in percent (70).
pub const TARGET_UTILIZATION: &str = "autoscaling.knative.dev/target-utilization-percentage";
/// `concurrency` or `rps`.
pub const METRIC: &str = "autoscaling.knative.dev/metric";
/// The stable window, a Go duration (60s).
pub const WINDOW: &str = "autoscaling.knative.dev/window";
/// The panic window in percent of the stable one (10).
pub const PANIC_WINDOW_PERCENTAGE: &str = "autoscaling.knative.dev/panic-window-percentage";
/// Load over capacity, in percent, that starts panic mode (200).
pub const PANIC_THRESHOLD_PERCENTAGE: &str = "autoscaling.knative.dev/panic-threshold-percentage";
/// How long the last Pod stays at least after the decision for zero.
pub const SCALE_TO_ZERO_RETENTION: &str = "autoscaling.knative.dev/scale-to-zero-pod-retention-period";
/// How long a lower load must last before Pods go.
pub const SCALE_DOWN_DELAY: &str = "autoscaling.knative.dev/scale-down-delay";
/// Pods started at once when a Revision leaves zero.
pub const ACTIVATION_SCALE: &str = "autoscaling.knative.dev/activation-scale";

/// Who made the Service.
pub const CREATOR: &str = "serving.knative.dev/creator";
/// Who changed its spec last.
pub const LAST_MODIFIER: &str = "serving.knative.dev/lastModifier";
/// On a Revision: the Routes that send it traffic, comma-separated.
pub const ROUTES: &str = "serving.knative.dev/routes";
/// `active` or `reserve`, a label of Revisions.
pub const ROUTING_STATE: &str = "serving.knative.dev/routingState";
/// When [`ROUTING_STATE`] last changed.
pub const ROUTING_STATE_MODIFIED: &str = "serving.knative.dev/routingStateModified";
/// Label: name of the Service.
pub const SERVICE: &str = "serving.knative.dev/service";
/// Label: uid of the Service.
pub const SERVICE_UID: &str = "serving.knative.dev/serviceUID";
/// Label: name of the Configuration.
pub const CONFIGURATION: &str = "serving.knative.dev/configuration";
/// Label: generation of the Configuration that a Revision was made for.
pub const CONFIGURATION_GENERATION: &str = "serving.knative.dev/configurationGeneration";
/// Label: uid of the Configuration.
pub const CONFIGURATION_UID: &str = "serving.knative.dev/configurationUID";
/// Label of Pods: name of the Revision.
pub const REVISION: &str = "serving.knative.dev/revision";
/// Label of Pods: uid of the Revision.
pub const REVISION_UID: &str = "serving.knative.dev/revisionUID";
/// Label of Routes and Services: `cluster-local` keeps them off the gateway.
pub const VISIBILITY: &str = "networking.knative.dev/visibility";
