//! A Git repository: one commit of it, without its history and without a checkout.
//!
//! Git runs in the sandbox like every foreign program. It reaches one address only: our proxy's, which
//! judges every host (also behind redirects), or for ssh the one that was judged before. The files come
//! out as an archive, so that they pass the same gate as an upload.

mod command;
mod remote;
mod words;

use std::fs::File;

use domain::build::FailureCategory;
use domain::function::GitSource;
use egress::Guard;

use self::command::Git;
use self::remote::Remote;
use super::unpack::{Kind, unpack};
use super::{Context, Credentials};
use crate::failure::{Failure, OrInternal, Result};
use crate::process::Tools;

pub(super) async fn fetch(
    source: &GitSource,
    credentials: &Credentials<'_>,
    guard: Guard,
    tools: &Tools,
    context: &Context<'_>,
) -> Result<()> {
    let denied = |message: String| Failure::new(FailureCategory::SourceDenied, message);
    let remote = Remote::parse(&source.url).ok_or_else(|| denied("The URL cannot be read.".to_owned()))?;
    let reference = source.reference.as_str();
    let path = source.path.as_deref().unwrap_or_default().trim_matches('/').trim_start_matches("./");
    let path = if path == "." { "" } else { path };
    let git = Git::prepare(remote, credentials, guard, tools, context).await?;

    git.run(&["init", "--quiet", "--bare", "repository"]).await?;
    git.fetch(reference).await?;
    let commit = git.run(&["rev-parse", "--verify", "FETCH_HEAD^{commit}"]).await?.trim().to_owned();
    // The colon makes it the tree of the folder, so that only what is below it is looked at.
    let tree = format!("{commit}:{path}");
    let missing = || {
        let message = format!("{reference} has no folder {path} (spec.source.git.path).");
        Failure::new(FailureCategory::SourceNotFound, message)
    };
    let listed =
        git.try_run(&["ls-tree", "-r", "-d", "-z", "--full-tree", &tree]).await?.ok_or_else(missing)?;
    if let Some(name) = submodule(&listed) {
        return Err(denied(format!(
            "The repository has the submodule {name}, and submodules are not fetched: put its files into the \
             repository, or deploy a folder without it (spec.source.git.path). (git_submodule)"
        )));
    }
    git.run(&["archive", "--format=tar", "--output=source.tar", &tree]).await?;
    let tar = File::open(context.scratch.join("source.tar")).or_internal("The source cannot be read")?;
    let inspection = unpack(tar, Kind::Tree, context.workspace).await?;
    context.log.say(format!(
        "Fetched {} files, {} bytes, from {reference} of {}, commit {commit}.",
        inspection.files.len(),
        inspection.unpacked,
        source.url
    ));
    Ok(())
}

/// The first submodule in `git ls-tree -z`: mode, kind and object, a tab, the name.
fn submodule(listed: &str) -> Option<&str> {
    let entries = listed.split('\0').filter_map(|entry| entry.split_once('\t'));
    entries.into_iter().find(|(about, _)| about.starts_with("160000 ")).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodule_is_found_among_folders() {
        let listed = "040000 tree aa\tlib\x00160000 commit bb\tvendor/x\0";
        assert_eq!(submodule(listed), Some("vendor/x"));
        assert_eq!(submodule("040000 tree aa\tlib\0"), None);
    }
}
