//! Layers → image in the registry.

use domain::build::BuildRequest;
use oci::{Image, ImageConfig, Layer, Layout};

use crate::failure::{OrInternal, Result};
use crate::log::Log;

/// Adds the image under its tag, or the build's id.
pub(crate) fn push(
    request: &BuildRequest,
    layout: &Layout,
    config: ImageConfig,
    layers: &[Layer],
    log: &Log,
) -> Result<Image> {
    let tag = request.tag.as_deref().unwrap_or(request.build_id.as_str());
    let name = format!("{}:{tag}", request.repository);
    let image = layout.push(config, layers, Some(&name)).or_internal("The image cannot be written")?;
    let bytes: u64 = layers.iter().map(|layer| layer.blob.size).sum();
    log.say(format!("Pushed {name} ({bytes} bytes) as {}.", image.digest));
    Ok(image)
}
