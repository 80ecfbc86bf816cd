//! Source → workspace folder.

mod inline;
mod upload;

use std::path::Path;

use domain::build::{BuildRequest, FailureCategory};
use storage::Storage;

use crate::failure::{Failure, Result};
use crate::log::Log;

/// Puts the source into the empty folder `workspace`. The answer is the folder around everything
/// that an archive had and that was taken away.
pub(crate) async fn fetch(
    request: &BuildRequest,
    storage: impl Future<Output = Result<Storage>>,
    workspace: &Path,
    log: &Log,
) -> Result<Option<String>> {
    if let Some(source) = &request.source.inline {
        inline::write(request.language, source, workspace)?;
        log.say("The code is in the function's manifest.");
        return Ok(None);
    }
    match &request.source.upload {
        Some(source) => upload::fetch(source, &request.tenant, &storage.await?, workspace, log).await,
        None => Err(Failure::new(
            FailureCategory::SourceNotFound,
            "The function has no source that can be built.",
        )),
    }
}
