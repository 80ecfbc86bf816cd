//! Tries out sources with the builder's own hands, in this process.

use std::{collections::BTreeMap, path::PathBuf};

use async_trait::async_trait;
use domain::{
    TenantName,
    build::{BuildFailure, BuildRequest, FailureCategory},
    function::{Language, Source},
};
use platform::SourceTrial;
use sandbox::{Launcher, Toolchain};

use crate::{cli, config::Config};

/// Memory of the program that fetches.
const MEMORY: u64 = 1 << 30;

/// Fetches as a build does: same sandbox, same judge of addresses.
pub(crate) struct Trial {
    settings: builder::Settings,
}

impl Trial {
    /// With what builds on this machine are given.
    pub(crate) fn new(
        config: &Config,
        program: PathBuf,
        path: String,
        launcher: &Launcher,
        toolchain: &Toolchain,
    ) -> Self {
        let ca_file = Some(&config.ca_file).filter(|file| !file.is_empty()).map(PathBuf::from);
        let settings = builder::Settings {
            spec: String::new(),
            namespace: None,
            storage_url: String::new(),
            registry: String::new(),
            cache: PathBuf::new(),
            work: std::env::temp_dir(),
            report: PathBuf::new(),
            toolchain: Some(toolchain.clone()),
            capabilities: Some(launcher.capabilities().clone()),
            path,
            sandbox: (program, vec![cli::SANDBOX.to_owned()]),
            memory_bytes: MEMORY,
            secret: BTreeMap::new(),
            source_allow: config.source_allow.clone(),
            ca_file,
        };
        Self { settings }
    }
}

#[async_trait]
impl SourceTrial for Trial {
    async fn fetch(
        &self,
        tenant: &TenantName,
        source: &Source,
        secret: BTreeMap<String, String>,
    ) -> Result<Vec<String>, BuildFailure> {
        let settings = builder::Settings { secret, ..self.settings.clone() };
        let request = request(tenant, source).ok_or_else(|| BuildFailure {
            category: FailureCategory::Internal,
            message: "The trial cannot be described.".to_owned(),
        })?;
        Box::pin(builder::try_source(&settings, &request)).await
    }
}

/// A build that is never started: only its tenant and its source are looked at.
fn request(tenant: &TenantName, source: &Source) -> Option<BuildRequest> {
    Some(BuildRequest {
        tenant: tenant.clone(),
        function: "trial".parse().ok()?,
        build_id: "trial-00000000-b1".parse().ok()?,
        correlation_id: "trial".parse().ok()?,
        source: source.clone(),
        language: Language::Python,
        handler: String::new(),
        version: None,
        registry: None,
        repository: String::new(),
        tag: None,
        insecure: false,
    })
}

#[cfg(test)]
mod tests {
    use domain::function::{GitSource, InlineSource};

    use super::*;

    #[test]
    fn a_trial_can_be_described() {
        let source = Source::inline(InlineSource { code: String::new(), dependencies: None });
        assert!(request(&"acme".parse().unwrap(), &source).is_some());
        let url = "https://git.example/code".to_owned();
        let git = GitSource { url, reference: "main".to_owned(), path: None, secret_ref: None };
        assert!(request(&"acme".parse().unwrap(), &Source::git(git)).is_some());
    }
}
