//! Tells readers that a log has grown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::Run;

/// The runs that are being written at this moment.
#[derive(Clone, Default)]
pub(super) struct Live(Arc<Mutex<HashMap<Run, watch::Receiver<Progress>>>>);

/// How far a writer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes written in all.
    pub(super) written: u64,
    /// How often the file was put aside.
    pub(super) turned: u64,
}

/// Kept by a writer; when it is dropped, readers know that nothing more will come.
pub(super) struct Announcer {
    live: Live,
    run: Run,
    progress: watch::Sender<Progress>,
}

impl Live {
    pub(super) fn announce(&self, run: &Run) -> Announcer {
        let (progress, receiver) = watch::channel(Progress::default());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), receiver);
        Announcer { live: self.clone(), run: run.clone(), progress }
    }

    /// None when nobody writes (any more).
    pub(super) fn follow(&self, run: &Run) -> Option<watch::Receiver<Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }
}

impl Announcer {
    pub(super) fn grew(&self, bytes: u64) {
        self.progress.send_modify(|progress| progress.written += bytes);
    }

    pub(super) fn turned(&self) {
        self.progress.send_modify(|progress| progress.turned += 1);
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        self.live.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run);
    }
}
