//! `spec.build`.

use serde::{Deserialize, Serialize};

/// How the image is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BuildSettings {
    /// After which the build is ended, as `30m`.
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^([0-9]+(ms|s|m|h))+$")))]
    pub timeout: String,
    /// Kind of registry, as older deployments wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_type: Option<String>,
    /// Registry instead of the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Repository instead of `<tenant>/<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Tag that is set beside the digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Secret with the registry's credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_secret: Option<String>,
    /// Plain http to the registry.
    pub insecure: bool,
    /// Build again although the source hash is the same.
    pub force_rebuild: bool,
    /// 1 (first) to 10.
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 10)))]
    pub priority: i32,
}

impl Default for BuildSettings {
    fn default() -> Self {
        Self {
            timeout: "30m".to_owned(),
            registry_type: None,
            registry: None,
            repository: None,
            tag: None,
            image_pull_secret: None,
            insecure: false,
            force_rebuild: false,
            priority: 5,
        }
    }
}
