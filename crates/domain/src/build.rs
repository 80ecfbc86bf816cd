//! Builds: source to image.

#[cfg(feature = "kube")]
mod identity;
mod variables;

use serde::{Deserialize, Serialize};

use crate::{
    BuildId, CorrelationId, FunctionName, TenantName, Timestamp,
    function::{Language, Source},
};

/// Where a build stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BuildState {
    /// Waits for a place.
    Queued,
    /// Its Job runs.
    Running,
    /// An image came out.
    Completed,
    /// It ended with an error.
    Failed,
    /// It took longer than `spec.build.timeout`.
    Timeout,
    /// Someone asked it to end.
    Cancelled,
    /// The platform ended it: superseded, function deleted, tenant suspended.
    Stopped,
}

impl BuildState {
    /// The name in URLs, rows and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Running,
            Self::Completed,
            Self::Failed,
            Self::Timeout,
            Self::Cancelled,
            Self::Stopped,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }

    /// Whether it will not change again.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// One timed part of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepName {
    /// Source into the workspace.
    Fetch,
    /// pip, npm.
    Dependencies,
    /// Layers and image.
    Assemble,
    /// Into the registry.
    Push,
}

impl StepName {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Fetch, Self::Dependencies, Self::Assemble, Self::Push];

    /// The name in logs and URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Dependencies => "dependencies",
            Self::Assemble => "assemble",
            Self::Push => "push",
        }
    }
}

/// How long a step took and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Nothing had to be done: the result was in the cache.
    #[serde(default)]
    pub cached: bool,
    /// It is the one that failed.
    #[serde(default)]
    pub failed: bool,
}

/// Why a build failed, for people and for the retry decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCategory {
    /// The source is not there, or is not what its type says.
    SourceNotFound,
    /// The source may not be read, or was refused by the archive rules.
    SourceDenied,
    /// A dependency does not exist or does not install.
    DependencyError,
    /// The code does not compile, or its handler is not there.
    CompileError,
    /// The build took more memory than it may.
    OutOfMemory,
    /// The build took more time than it may.
    Timeout,
    /// The registry refused the credentials.
    RegistryDenied,
    /// The registry asked to slow down.
    RegistryThrottled,
    /// A fault of the platform.
    Internal,
}

impl FailureCategory {
    /// The name in status, rows and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceNotFound => "source_not_found",
            Self::SourceDenied => "source_denied",
            Self::DependencyError => "dependency_error",
            Self::CompileError => "compile_error",
            Self::OutOfMemory => "out_of_memory",
            Self::Timeout => "timeout",
            Self::RegistryDenied => "registry_denied",
            Self::RegistryThrottled => "registry_throttled",
            Self::Internal => "internal",
        }
    }

    /// Whether the same build may succeed when it is tried again without a change.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::RegistryThrottled | Self::Internal)
    }

    /// What the person can do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::SourceNotFound => {
                "Check that the code was uploaded, or that bucket, key, URL and ref exist."
            }
            Self::SourceDenied => {
                "Check the credentials of the source, or upload an archive without links and absolute paths."
            }
            Self::DependencyError => {
                "Check the names and versions in the dependency file; the log shows which one failed."
            }
            Self::CompileError => {
                "Open the first error in the log, correct the code or the handler name, and deploy again."
            }
            Self::OutOfMemory => "Use fewer or smaller dependencies, or ask for more build memory.",
            Self::Timeout => "Try again, or raise the build time-out in Settings.",
            Self::RegistryDenied => "Check the image pull secret of the registry.",
            Self::RegistryThrottled => "Wait a few minutes and try again.",
            Self::Internal => "Try again; if it fails once more, give the id below to the administrator.",
        }
    }
}

/// A failure as status, event and page show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildFailure {
    /// Why.
    pub category: FailureCategory,
    /// One plain sentence, with the tool's own words where they help.
    pub message: String,
}

/// What a build is asked to do: the operator writes it into the Job (`BUILD_SPEC`), the builder reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildRequest {
    /// Whose.
    pub tenant: TenantName,
    /// Which.
    pub function: FunctionName,
    /// The Job's name.
    pub build_id: BuildId,
    /// The intention that asked for it.
    pub correlation_id: CorrelationId,
    /// Where the code comes from.
    pub source: Source,
    /// Language.
    pub language: Language,
    /// `main.handler`.
    pub handler: String,
    /// Version of the language, when one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Registry instead of the platform's (`KL_REGISTRY`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Repository within the registry: `<tenant>/<function>` unless the spec names one.
    pub repository: String,
    /// Tag that is set beside the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Plain http to the registry.
    #[serde(default)]
    pub insecure: bool,
}

/// What a build produces, reported by the builder when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildReport {
    /// `<repository>@sha256:…` when an image came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The image's digest, `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why it failed, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<BuildFailure>,
    /// The timed steps.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A build as lists and pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// The Job's name.
    pub id: BuildId,
    /// Of which function.
    pub function: FunctionName,
    /// Rising per function, from 1.
    pub number: i64,
    /// Where it stands.
    pub state: BuildState,
    /// Its language.
    pub language: Language,
    /// Hash of source, runtime and build inputs, hex.
    pub source_hash: String,
    /// Tries of the same source hash, from 1.
    pub attempt: i64,
    /// Position in the queue from 1, while queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u32>,
    /// The intention that asked for it.
    pub correlation_id: CorrelationId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its Job began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Image, failure and steps; filled as far as known.
    pub report: BuildReport,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::InlineSource;

    #[test]
    fn a_build_request_reads_back_as_it_was_written() {
        let request = BuildRequest {
            tenant: "acme".parse().unwrap(),
            function: "hello".parse().unwrap(),
            build_id: "hello-0a1b2c3d-b1".parse().unwrap(),
            correlation_id: "c-1".parse().unwrap(),
            source: Source::inline(InlineSource { code: "x".into(), dependencies: None }),
            language: Language::Python,
            handler: "main.handler".into(),
            version: None,
            registry: None,
            repository: "acme/hello".into(),
            tag: None,
            insecure: false,
        };
        let text = serde_json::to_string(&request).unwrap();
        assert!(text.contains(r#""buildId":"hello-0a1b2c3d-b1""#), "{text}");
        assert_eq!(serde_json::from_str::<BuildRequest>(&text).unwrap(), request);
    }
}
