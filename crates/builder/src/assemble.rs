//! Workspace and runtime → layers and the image's start command.

use std::path::Path;

use oci::{Compression, ContainerConfig, ImageConfig, Layer, Layout};

use crate::cache::Cache;
use crate::failure::{OrInternal, Result};
use crate::runtime::{Context, Runtime};

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

/// The layer with the user's files and their compiled form.
pub(crate) fn code(
    layout: &Layout,
    workspace: &Path,
    compiled: Option<&Path>,
    dependencies: bool,
) -> Result<Layer> {
    let what = "The workspace cannot be read";
    let mut entries =
        oci::layer::entries(workspace, ROOT, |path| is_shipped(path, dependencies)).or_internal(what)?;
    if let Some(compiled) = compiled {
        let of_shipped = |path: &str| {
            path.ends_with(".pyc") || path.ends_with("__pycache__") || is_shipped(path, dependencies)
        };
        entries.extend(oci::layer::entries(compiled, ROOT, of_shipped).or_internal(what)?);
    }
    layout.put_layer(entries, Compression::Zstd).or_internal("The image cannot be written")
}

/// The layer with the wrapper. It is the same for all functions of a language, so it is made once.
pub(crate) async fn runtime(
    layout: &Layout,
    cache: &Cache,
    runtime: Runtime,
    context: &Context<'_>,
) -> Result<Layer> {
    let key = runtime.wrapper_key(context.interpreter);
    if let Some(layer) = cache.get(&key, layout) {
        return Ok(layer);
    }
    let entries = runtime.wrapper(context).await?;
    let layer = layout.put_layer(entries, Compression::Zstd).or_internal("The image cannot be written")?;
    cache.put(&key, &layer, layout)?;
    Ok(layer)
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
