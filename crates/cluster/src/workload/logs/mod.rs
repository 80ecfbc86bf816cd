//! What containers print: kept in files of bounded size, read while they grow.
//!
//! One file for each run of a container, `<folder>/<namespace>_<pod>_<uid>/<container>/<run>.log`, and
//! the part that was put aside as `<run>.log.old`. A line is `<time> <stream> <F|P> <text>` as container
//! runtimes write them; `P` marks a piece of a longer line.

mod capture;
mod live;
mod options;
mod read;
mod serve;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) use capture::capture;
use live::Live;
pub(crate) use serve::serve;

/// The logs of all Pods. Clones share the news of growing files.
#[derive(Clone)]
pub struct Logs {
    folder: Arc<PathBuf>,
    live: Live,
}

/// One run of one container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) uid: String,
    pub(super) container: String,
    /// How often the container had been restarted before.
    pub(super) number: i32,
}

impl Logs {
    /// Logs below `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Arc::new(folder.into()), live: Live::default() }
    }

    fn file(&self, run: &Run) -> PathBuf {
        self.pod_folder(&run.namespace, &run.pod, &run.uid)
            .join(&run.container)
            .join(format!("{}.log", run.number))
    }

    fn pod_folder(&self, namespace: &str, pod: &str, uid: &str) -> PathBuf {
        self.folder.join(format!("{namespace}_{pod}_{uid}"))
    }

    /// Removes what a Pod has printed; for a Pod that is gone.
    pub(super) fn remove_pod(&self, namespace: &str, pod: &str, uid: &str) {
        let _ = std::fs::remove_dir_all(self.pod_folder(namespace, pod, uid));
    }

    /// Removes the logs of Pods that are gone: `keep` says of a uid whether there is such a Pod.
    pub(super) fn remove_others(&self, keep: impl Fn(&str) -> bool) {
        for entry in std::fs::read_dir(&*self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let uid = name.to_str().and_then(|name| name.rsplit('_').next());
            if !uid.is_some_and(&keep) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    /// The end of a run's output, for a termination message.
    pub(super) fn tail(&self, run: &Run, lines: u64, bytes: usize) -> String {
        let options = options::Options { tail: Some(lines), ..options::Options::default() };
        let text = read::whole(self, run, &options);
        let start = text.len().saturating_sub(bytes);
        String::from_utf8_lossy(&text[start..]).into_owned()
    }
}

/// The file that was put aside when this one began anew.
fn old(file: &Path) -> PathBuf {
    file.with_extension("log.old")
}
