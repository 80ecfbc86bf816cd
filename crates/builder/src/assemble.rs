//! Workspace and runtime → layers and the image's start command.

use std::path::Path;

use oci::layer::Entry;
use oci::{Compression, ContainerConfig, ImageConfig, Layer, Layout};

use crate::failure::{OrInternal, Result};
use crate::runtime::Runtime;

/// Where the function is in the image.
pub(crate) const ROOT: &str = "function";
/// What the platform puts beside the code, relative to [`ROOT`].
pub(crate) const RUNTIME: &str = ".runtime";
/// Python's packages, relative to [`ROOT`].
pub(crate) const PACKAGES: &str = ".packages";

/// Files of a source that are no part of an image.
fn is_shipped(path: &str, dependencies: bool) -> bool {
    let (top, last) = (path.split('/').next().unwrap_or(path), path.rsplit('/').next().unwrap_or(path));
    // What the platform installed is in a layer of its own.
    let installed = dependencies && top == "node_modules";
    !(installed || matches!(top, RUNTIME | PACKAGES) || matches!(last, "__pycache__" | ".git" | ".DS_Store"))
}

/// The layer with the user's files.
pub(crate) fn code(layout: &Layout, workspace: &Path, dependencies: bool) -> Result<Layer> {
    let entries = oci::layer::entries(workspace, ROOT, |path| is_shipped(path, dependencies))
        .or_internal("The workspace cannot be read")?;
    layout.put_layer(entries, Compression::Zstd).or_internal("The image cannot be written")
}

/// The layer with the wrapper.
pub(crate) fn runtime(layout: &Layout, runtime: Runtime) -> Result<Layer> {
    let files = runtime.wrapper();
    let entries =
        files.iter().map(|(name, text)| Entry::bytes(format!("{ROOT}/{RUNTIME}/{name}"), *text)).collect();
    layout.put_layer(entries, Compression::Zstd).or_internal("The image cannot be written")
}

/// How the image is started.
pub(crate) fn config(runtime: Runtime, handler: &str, version: &str) -> ImageConfig {
    let labels = [
        ("io.knative.lambda.runtime", runtime.language().as_str()),
        ("io.knative.lambda.runtime.version", version),
        ("io.knative.lambda.handler", handler),
    ];
    ImageConfig::new(ContainerConfig {
        exposed_ports: [("8080/tcp".to_owned(), Default::default())].into(),
        env: vec![format!("KL_HANDLER={handler}")],
        entrypoint: runtime.entrypoint(),
        working_dir: format!("/{ROOT}"),
        labels: labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ..ContainerConfig::default()
    })
}
