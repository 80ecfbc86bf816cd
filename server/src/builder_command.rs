//! `knative-lambda builder`: what a build's Pod runs.

use std::{collections::BTreeMap, io, path::PathBuf, process::ExitCode};

use domain::{build::BuildRequest, function::secret_variables};

use crate::{
    Error, Result, cli, config,
    wiring::{cluster_setup::SANDBOX, shutdown},
};

/// Memory of one step of a build with everything that it starts.
const STEP_MEMORY: u64 = 2 << 30;

/// What the operator had the node read from the source's Secret.
fn secret() -> BTreeMap<String, String> {
    let given =
        secret_variables().map(|(key, variable)| Some((key.to_owned(), config::variable(&variable)?)));
    given.flatten().collect()
}

/// Builds what `BUILD_SPEC` asks for.
pub(crate) async fn run() -> Result<ExitCode> {
    let required = |name: &str| {
        config::variable(name).ok_or_else(|| {
            Error::Config(format!(
                "{name} is not set: the builder is started by the platform, in a build's Job."
            ))
        })
    };
    let program = std::env::current_exe().map_err(|error| Error::Part {
        what: "the builder",
        cause: format!("its own program is not known: {error}"),
    })?;
    let report =
        config::variable("TERMINATION_MESSAGE_PATH").unwrap_or_else(|| "/dev/termination-log".to_owned());
    let settings = builder::Settings {
        spec: match BuildRequest::from_variables(config::variable) {
            Some(spec) => spec,
            None => required("BUILD_SPEC")?,
        },
        namespace: config::variable("KL_NAMESPACE"),
        storage_url: required("KL_STORAGE_URL")?,
        registry: required("KL_REGISTRY")?,
        cache: required("KL_CACHE_DIR")?.into(),
        work: config::variable("TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from),
        report: report.into(),
        toolchain: config::variable("KL_TOOLCHAIN").and_then(|text| serde_json::from_str(&text).ok()),
        capabilities: config::variable(SANDBOX).and_then(|text| serde_json::from_str(&text).ok()),
        path: config::search_path(),
        sandbox: (program, vec![cli::SANDBOX.to_owned()]),
        memory_bytes: STEP_MEMORY,
        secret: secret(),
        source_allow: config::variable("KL_SOURCE_ALLOW")
            .unwrap_or_default()
            .parse::<egress::Allowed>()
            .map_err(|error| Error::Config(format!("KL_SOURCE_ALLOW can not be read: {error}.")))?,
        ca_file: config::variable("KL_CA_FILE").map(PathBuf::from),
    };
    let outcome = builder::run(settings, io::stdout(), shutdown::signal()?).await;
    Ok(ExitCode::from(outcome.exit_code()))
}
