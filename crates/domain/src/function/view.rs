//! Functions as lists and pages show them; what the browser gets instead of the resource.

use serde::{Deserialize, Serialize};

use super::{
    Condition, ConditionStatus, EnvVar, Language, Phase, Resources, Scaling, Source, SourceType,
    TrafficTarget, condition,
};
use crate::{FunctionName, TenantName, Timestamp, build::Build};

/// A row of the functions list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionSummary {
    /// Whose.
    pub tenant: TenantName,
    /// Which.
    pub name: FunctionName,
    /// Where it stands.
    pub phase: Phase,
    /// Why, when it is not Ready; a sentence.
    pub reason: String,
    /// Absent for images.
    pub language: Option<Language>,
    /// Where its code comes from.
    pub source: SourceType,
    /// Where it answers.
    pub url: Option<String>,
    /// Instances now.
    pub replicas: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its spec or phase changed last.
    pub updated_at: Timestamp,
    /// Changes with every change of the object: what an island compares.
    pub version: String,
}

/// What a function's page needs beside its tabs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionDetail {
    /// The row.
    pub summary: FunctionSummary,
    /// All conditions.
    pub conditions: Vec<Condition>,
    /// `main.handler`.
    pub handler: Option<String>,
    /// `metadata.generation`.
    pub generation: i64,
    /// Generation that the status describes.
    pub observed_generation: i64,
    /// What runs now, and by which share.
    pub revisions: Vec<RevisionSummary>,
    /// The newest build.
    pub build: Option<Build>,
    /// Plain variables; those from Secrets are in [`Self::secrets`].
    pub env: Vec<EnvVar>,
    /// Variables whose values nobody can read.
    pub secrets: Vec<SecretVar>,
    /// Between how many instances.
    pub scaling: Scaling,
    /// Of one instance.
    pub resources: Resources,
    /// Longest time of a call, in seconds.
    pub timeout_seconds: i64,
    /// Build time-out, as `30m`.
    pub build_timeout: String,
    /// `spec.traffic`; empty: all to the latest.
    pub traffic: Vec<TrafficTarget>,
    /// URL by path, for scripts.
    pub path_url: String,
    /// The resource as YAML, secrets masked, managed fields left out.
    pub yaml: String,
    /// What of it a person decides, as YAML: for the editor.
    pub manifest: String,
}

impl FunctionDetail {
    /// The condition of this kind.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether something older runs for want of an image of the newest source.
    pub fn waits_for_image(&self) -> bool {
        self.condition(condition::DEPLOY_READY).is_some_and(|deploy| deploy.reason == condition::NOT_LIVE_YET)
    }

    /// Whether what was written last does not answer calls yet while something older does: the operator has not
    /// looked at it, its source has no image, or its Revision is not ready.
    pub fn is_pending(&self) -> bool {
        let serves = || self.revisions.iter().any(|revision| revision.ready);
        let ready = || {
            self.condition(condition::SERVICE_READY)
                .is_some_and(|service| service.status == ConditionStatus::True)
        };
        self.observed_generation < self.generation || self.waits_for_image() || (serves() && !ready())
    }
}

/// A variable from a Secret: its value never leaves the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretVar {
    /// The variable.
    pub name: String,
    /// The Secret.
    pub secret: String,
    /// The key in it.
    pub key: String,
    /// Whether the Secret has the key.
    pub present: bool,
    /// When the Secret changed last.
    pub updated_at: Option<Timestamp>,
}

/// A Revision that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionSummary {
    /// `<function>-00001`.
    pub name: String,
    /// Whether it can take calls.
    pub ready: bool,
    /// Why not.
    pub reason: String,
    /// Percent of the calls.
    pub percent: i64,
    /// Tags with URLs of their own.
    pub tags: Vec<String>,
    /// Instances now.
    pub replicas: i32,
    /// Image by digest.
    pub image: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What the Settings tab sends back, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsForm {
    /// `metadata.resourceVersion` that the form was filled from; a newer one is a conflict.
    pub version: String,
    /// Plain variables, replacing the present ones.
    pub env: Vec<EnvVar>,
    /// Secrets by variable: a new value, or none to keep the present one; absent ones are removed.
    pub secrets: Vec<(String, Option<String>)>,
    /// Between how many instances.
    pub scaling: Scaling,
    /// Of one instance.
    pub resources: Resources,
    /// Longest time of a call, in seconds.
    pub timeout_seconds: i64,
    /// Build time-out, as `30m`.
    pub build_timeout: String,
    /// Shares; empty: all to the latest.
    pub traffic: Vec<TrafficTarget>,
}

/// What a form would write, as manifests in YAML.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// As it is; empty for what does not exist yet.
    pub before: String,
    /// As it would be.
    pub after: String,
}

/// Where the code of a function stands, for the Code tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// Kind of source.
    pub kind: SourceType,
    /// Language.
    pub language: Option<Language>,
    /// `main.handler`.
    pub handler: String,
    /// Text files with their content, others by name and size only.
    pub files: Vec<CodeFile>,
    /// Why files are not shown, when they are not: a Git source, an image.
    pub note: Option<String>,
    /// Where every build fetches the code from, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Source>,
    /// `metadata.resourceVersion`, for [`SettingsForm::version`]-like conflict checks.
    pub version: String,
    /// Whether the platform can store edits: true for inline and upload.
    pub editable: bool,
}

/// A file of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFile {
    /// Path with `/`, relative.
    pub path: String,
    /// Bytes.
    pub size: i64,
    /// Present for text up to 256 KiB.
    pub text: Option<String>,
}

/// A language as the create form offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeOption {
    /// Language.
    pub language: Language,
    /// Version of the interpreter that was found.
    pub version: Option<String>,
    /// Why it can not be used here.
    pub unavailable: Option<String>,
    /// Working code to start from.
    pub sample: String,
    /// Content of the dependency file to start from.
    pub sample_dependencies: String,
}
