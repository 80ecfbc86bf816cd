//! Whether the request can be done at all, before anything is fetched.

use domain::build::{BuildRequest, FailureCategory};
use domain::function::Language;
use oci::Layout;
use sandbox::Interpreter;

use crate::failure::{Failure, OrInternal, Result};
use crate::process::Tools;

/// The build is of the namespace that it runs in: what it reads and writes belongs to that tenant.
pub(crate) fn check_tenant(request: &BuildRequest, namespace: Option<&str>) -> Result<()> {
    match namespace {
        Some(namespace) if namespace != request.tenant.as_str() => Err(Failure::new(
            FailureCategory::SourceDenied,
            format!("A build in the namespace {namespace} cannot be one of the tenant {}.", request.tenant),
        )),
        _ => Ok(()),
    }
}

/// The folder behind `layout:<folder>`.
pub(crate) fn layout(request: &BuildRequest, registry: &str) -> Result<Layout> {
    let registry = request.registry.as_deref().unwrap_or(registry);
    let Some(folder) = registry.strip_prefix("layout:") else {
        return Err(Failure::new(
            FailureCategory::RegistryDenied,
            format!(
                "Images cannot be pushed to {registry} yet: leave spec.build.registry out to use the platform's own."
            ),
        ));
    };
    // Only the platform's own setting may name a folder of the machine.
    if request.registry.is_some() {
        return Err(Failure::new(
            FailureCategory::RegistryDenied,
            "A function cannot name a folder as its registry.",
        ));
    }
    // What the operator sees to; a Job that someone else wrote is checked here.
    if !request.repository.starts_with(&format!("{}/", request.tenant)) {
        return Err(Failure::new(
            FailureCategory::RegistryDenied,
            format!("The repository {} belongs to someone else.", request.repository),
        ));
    }
    Layout::open(folder).or_internal("The image folder cannot be used")
}

/// The kind of source is one that can be fetched.
pub(crate) fn check_source(request: &BuildRequest) -> Result<()> {
    if !request.source.is_consistent() {
        let message = format!("The source has not exactly the block {}.", request.source.kind.as_str());
        return Err(Failure::new(FailureCategory::SourceNotFound, message));
    }
    if let Some((field, message)) = request.source.problems().into_iter().next() {
        return Err(Failure::new(FailureCategory::SourceDenied, format!("{message} ({field})")));
    }
    if request.source.builds() {
        return Ok(());
    }
    Err(Failure::new(FailureCategory::SourceNotFound, "An image needs no build."))
}

/// The interpreter that will run the function; of the version that was asked for.
pub(crate) fn interpreter<'a>(request: &BuildRequest, tools: &'a Tools) -> Result<&'a Interpreter> {
    let found = match request.language {
        Language::Python => tools.toolchain.python.as_ref(),
        Language::Nodejs => tools.toolchain.node.as_ref(),
        Language::Go => {
            return Err(Failure::new(
                FailureCategory::CompileError,
                "Go functions cannot be built by this version.",
            ));
        }
    };
    let label = request.language.label();
    let found = found.ok_or_else(|| {
        Failure::new(FailureCategory::Internal, format!("{label} is not installed on this machine."))
    })?;
    match &request.version {
        Some(wanted) if !is_version(&found.version, wanted) => Err(Failure::new(
            FailureCategory::CompileError,
            format!("{label} {wanted} was asked for, but this machine has {label} {}.", found.version),
        )),
        _ => Ok(found),
    }
}

/// `3.11` and `3` name `3.11.7`; `3.1` does not.
fn is_version(found: &str, wanted: &str) -> bool {
    found == wanted || found.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_by_its_first_numbers() {
        assert!(is_version("3.11.7", "3.11") && is_version("3.11.7", "3") && is_version("3.11.7", "3.11.7"));
        assert!(!is_version("3.11.7", "3.1") && !is_version("3.11.7", "3.12"));
    }
}
