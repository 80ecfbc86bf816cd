//! The LambdaFunction resource (`lambda.knative.io/v1alpha1`) and how lists and pages show it.

mod build_settings;
mod env;
mod eventing;
mod phase;
#[cfg(feature = "kube")]
mod queue;
mod request;
mod resources;
mod runtime;
mod scaling;
mod source;
mod source_owner;
mod source_rules;
mod status;
mod traffic;
mod trigger;
mod view;

pub use build_settings::BuildSettings;
pub use env::{EnvVar, EnvVarSource, KeySelector};
pub use eventing::{DeadLetterSettings, Eventing, RabbitmqSettings};
pub use phase::Phase;
#[cfg(feature = "kube")]
pub use queue::{BuildQueuePlace, QUEUED, waits_since};
pub use request::{
    Deploy, FunctionQuery, FunctionSort, ManifestForm, NameCheck, NewCode, NewFunction, UploadReceipt,
};
#[cfg(feature = "kube")]
pub(crate) use resources::quantity;
pub use resources::{ResourceList, Resources};
pub use runtime::{Language, Runtime};
pub use scaling::Scaling;
pub use source::{
    GcsSource, GitSource, ImageSource, InlineSource, LocalRef, MinioSource, S3Source, Source, SourceType,
    UploadSource, secret_variable, secret_variables,
};
pub use source_rules::SourceProblem;
pub use status::{
    BuildError, BuildStatus, Condition, ConditionStatus, FunctionStatus, PendingEvent, ServiceStatus,
    condition,
};
pub use traffic::TrafficTarget;
pub use trigger::{Runs, Schedule, Trigger, TriggerList, TriggerTest, TriggerView};
pub use view::{
    CodeFile, FunctionDetail, FunctionSummary, Preview, RevisionSummary, RuntimeOption, SecretVar,
    SettingsForm, SourceView,
};

use serde::{Deserialize, Serialize};

/// API group of our own resources.
pub const GROUP: &str = "lambda.knative.io";
/// Version of [`GROUP`].
pub const VERSION: &str = "v1alpha1";
/// The operator's finalizer.
pub const FINALIZER: &str = "lambdafunction.lambda.knative.io/finalizer";
/// Label with the function's name on everything that belongs to it.
pub const LABEL_FUNCTION: &str = "lambda.knative.io/function";
/// Label with the build id on a build's Job and Pods.
pub const LABEL_BUILD: &str = "lambda.knative.io/build";
/// Label that makes a Namespace a tenant; its value is the tenant's name.
pub const LABEL_TENANT: &str = "lambda.knative.io/tenant";
/// Annotation with the correlation id of the intention behind the newest spec.
pub const ANNOTATION_CORRELATION: &str = "lambda.knative.io/correlation-id";
/// Annotation whose every new value asks for a build of the present source (retry, rebuild).
pub const ANNOTATION_BUILD_REQUEST: &str = "lambda.knative.io/build-request";
/// The id of a build that someone asked to end: its Job is deleted and not made again.
pub const ANNOTATION_CANCELLED_BUILD: &str = "lambda.knative.io/cancelled-build";
/// Annotation with the name of the user who asked last.
pub const ANNOTATION_ACTOR: &str = "lambda.knative.io/actor";

/// What a user wants of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(kube::CustomResource, schemars::JsonSchema))]
#[cfg_attr(
    feature = "kube",
    expect(clippy::duplicated_attributes, reason = "each printer column has a type")
)]
#[cfg_attr(
    feature = "kube",
    kube(
        group = "lambda.knative.io",
        version = "v1alpha1",
        kind = "LambdaFunction",
        plural = "lambdafunctions",
        singular = "lambdafunction",
        shortname = "lf",
        shortname = "lfunc",
        category = "all",
        namespaced,
        status = "FunctionStatus",
        derive = "PartialEq",
        doc = "A function: its source, how it is built, and how it runs.",
        printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
        printcolumn(name = "Image", type_ = "string", json_path = ".status.buildStatus.imageURI"),
        printcolumn(name = "URL", type_ = "string", json_path = ".status.serviceStatus.url"),
        printcolumn(
            name = "Ready",
            type_ = "string",
            json_path = ".status.conditions[?(@.type==\"Ready\")].status"
        ),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )
)]
pub struct FunctionSpec {
    /// Where the code comes from.
    pub source: Source,
    /// What runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Between how many instances, and when one more.
    #[serde(default)]
    pub scaling: Scaling,
    /// Requests and limits of one instance.
    #[serde(default)]
    pub resources: Resources,
    /// Longest time that one call may take, in seconds; then it is answered with 504.
    #[serde(default = "timeout_seconds")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 600)))]
    pub timeout_seconds: i64,
    /// Environment of the function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Events that call the function.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// How the image is built.
    #[serde(default)]
    pub build: BuildSettings,
    /// Broker and dead letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventing: Option<Eventing>,
    /// Tracing, metrics and logging; accepted as older deployments wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "any_object"))]
    pub observability: Option<serde_json::Value>,
    /// How calls are shared between Revisions; empty: all to the latest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficTarget>,
}

/// Knative's default.
const fn timeout_seconds() -> i64 {
    300
}

/// An object with any fields, kept as they are.
#[cfg(feature = "kube")]
fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

impl FunctionSpec {
    /// A function with inline code and defaults for the rest.
    pub fn inline(language: Language, code: impl Into<String>, dependencies: Option<String>) -> Self {
        Self {
            source: Source::inline(InlineSource { code: code.into(), dependencies }),
            runtime: Some(Runtime::of(language)),
            scaling: Scaling::default(),
            resources: Resources::default(),
            timeout_seconds: timeout_seconds(),
            env: Vec::new(),
            triggers: Vec::new(),
            build: BuildSettings::default(),
            eventing: None,
            observability: None,
            traffic: Vec::new(),
        }
    }
}
