//! Fetching alone: whether a build would get its source, before there is one.

use std::fs;
use std::io;
use std::path::Path;

use domain::build::{BuildFailure, BuildRequest};

use crate::failure::{Failure, OrInternal, Result};
use crate::fetch::{self, fetch};
use crate::log::Log;
use crate::plan;
use crate::run::{Settings, subfolder, tools, work_folder};

/// Fetches the source of a request as its build would, and throws it away. The answer is the names at its
/// top, in order; the error what the build would end with. Ends everything that it started when it is dropped.
pub async fn try_source(settings: &Settings, request: &BuildRequest) -> Result<Vec<String>, BuildFailure> {
    fetched(settings, request).await.map_err(|Failure(failure)| failure)
}

async fn fetched(settings: &Settings, request: &BuildRequest) -> Result<Vec<String>> {
    plan::check_source(request)?;
    let folder = work_folder(&settings.work)?;
    let workspace = subfolder(folder.path(), "workspace")?;
    let scratch = subfolder(folder.path(), "source")?;
    let log = Log::new(io::sink());
    let context = fetch::Context { settings, scratch: &scratch, workspace: &workspace, log: &log };
    Box::pin(fetch(request, tools(settings), &context)).await?;
    names(&workspace).or_internal("The fetched files cannot be read")
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let end = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(entry.file_name().to_string_lossy().into_owned() + end);
    }
    names.sort();
    Ok(names)
}
