//! `status`: observed, never invented.

use serde::{Deserialize, Serialize};

use super::{Phase, TrafficTarget};
use crate::event::CloudEvent;

/// Names of the conditions.
pub mod condition {
    /// The source can be read.
    pub const SOURCE_READY: &str = "SourceReady";
    /// An image of the present source is there.
    pub const BUILD_READY: &str = "BuildReady";
    /// Triggers and queues are there.
    pub const EVENTING_READY: &str = "EventingReady";
    /// The Service has the present image and settings.
    pub const DEPLOY_READY: &str = "DeployReady";
    /// The Service answers.
    pub const SERVICE_READY: &str = "ServiceReady";
    /// Reason of [`DEPLOY_READY`] while something older runs: the newest source is not built, or can not be.
    pub const NOT_LIVE_YET: &str = "NotLiveYet";
    /// All of them.
    pub const READY: &str = "Ready";
}

/// `True`, `False`, `Unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum ConditionStatus {
    /// Holds.
    True,
    /// Does not hold.
    False,
    /// Not known yet.
    Unknown,
}

/// `metav1.Condition`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Condition {
    /// One of [`condition`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// CamelCase, for programs.
    pub reason: String,
    /// A sentence, for people.
    #[serde(default)]
    pub message: String,
    /// RFC 3339; moves with the status only.
    pub last_transition_time: String,
    /// Generation that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// `status` of a LambdaFunction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct FunctionStatus {
    /// Derived from the conditions.
    #[serde(default)]
    pub phase: Phase,
    /// Generation that this status describes.
    #[serde(default)]
    pub observed_generation: i64,
    /// See [`condition`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The newest build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_status: Option<BuildStatus>,
    /// The Knative Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_status: Option<ServiceStatus>,
    /// The outbox: events not yet confirmed by the bus, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_events: Vec<PendingEvent>,
    /// `sequence` of the newest event of this function.
    #[serde(default)]
    pub event_sequence: i64,
    /// Newest value of the build-request annotation that was obeyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_build_request: Option<String>,
    /// Correlation id of the intention that this status follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

impl FunctionStatus {
    /// The condition of that name.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the condition of that name is `True`.
    pub fn is_true(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| condition.status == ConditionStatus::True)
    }
}

/// `status.buildStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BuildStatus {
    /// The Job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
    /// Same as the Job's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// `<repository>@sha256:…` of the newest image.
    #[serde(rename = "imageURI", default, skip_serializing_if = "Option::is_none")]
    pub image_uri: Option<String>,
    /// `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Hash of source, runtime and build inputs that this build is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<String>,
    /// Source hash that [`Self::image_uri`] was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_source_hash: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<BuildError>,
    /// Tries of this source hash, from 1.
    #[serde(default)]
    pub attempt: i64,
    /// Builds of this function so far; numbers the next one.
    #[serde(default)]
    pub number: i64,
}

/// `status.buildStatus.error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BuildError {
    /// A [`crate::build::FailureCategory`], or `cancelled`.
    pub code: String,
    /// One plain sentence.
    pub message: String,
    /// Whether trying again without a change can help.
    pub retryable: bool,
}

/// `status.serviceStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ServiceStatus {
    /// The Knative Service.
    #[serde(default)]
    pub service_name: String,
    /// Where it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its Ready condition.
    #[serde(default)]
    pub ready: bool,
    /// Instances now, over all Revisions.
    #[serde(default)]
    pub replicas: i32,
    /// Newest ready Revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_revision: Option<String>,
    /// Shares as the Route has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficTarget>,
}

/// An event that waits for its confirm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct PendingEvent {
    /// The event in the JSON format of CloudEvents.
    #[cfg_attr(feature = "kube", schemars(schema_with = "super::any_object"))]
    pub event: CloudEvent,
}
