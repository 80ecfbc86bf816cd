//! The thread that writes to the file.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::disk::{Disk, Row};
use super::shelf::{Change, ChangeKind};
use super::stored::Key;
use super::{Inner, StoreError};

/// More writes than this do not go into one transaction.
const BATCH: usize = 512;

type Answer = Result<(), StoreError>;
/// Comes when a write is on disk, or has been refused.
pub(super) type Durable = oneshot::Receiver<Answer>;

struct Job {
    row: Row,
    answer: oneshot::Sender<Answer>,
}

/// The thread and the way to it.
pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(disk: Disk, inner: Weak<Inner>) -> Self {
        let (jobs, queue) = channel();
        let thread = std::thread::spawn(move || run(disk, &queue, &inner));
        Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) }
    }

    /// Queues a change; the answer comes when it is on disk, or fails with the channel when the writer is closed.
    pub(super) fn send(&self, storage: &Arc<str>, key: &Key, change: &Change) -> Durable {
        let (answer, durable) = oneshot::channel();
        let json = (change.kind != ChangeKind::Deleted)
            .then(|| serde_json::to_vec(change.now.object()).unwrap_or_default());
        let row = Row { storage: storage.clone(), key: key.clone(), version: change.version(), json };
        if let Some(jobs) = &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            // The thread lives as long as this sender; were it gone, the answer would say so.
            let _ = jobs.send(Job { row, answer });
        }
        durable
    }

    /// Lets the thread finish its queue and waits for it.
    pub(super) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the registry's writer has panicked");
        }
    }
}

fn run(mut disk: Disk, queue: &Receiver<Job>, inner: &Weak<Inner>) {
    while let Ok(first) = queue.recv() {
        let (rows, answers): (Vec<Row>, Vec<_>) = std::iter::once(first)
            .chain(queue.try_iter().take(BATCH))
            .map(|job| (job.row, job.answer))
            .unzip();
        let written = disk.write(&rows);
        let Some(inner) = inner.upgrade() else { return };
        match &written {
            Ok(()) => inner.publish(rows.last().map_or(0, |row| row.version)),
            Err(cause) => {
                tracing::error!(%cause, "the registry could not be written");
                inner.refuse_all(queue, cause);
            }
        }
        // Whoever has gone away does not wait for the answer.
        for answer in answers {
            drop(answer.send(written.clone()));
        }
    }
}

impl Inner {
    fn publish(&self, version: u64) {
        let resources = {
            let mut index = self.write();
            index.publish(version).then(|| index.resources())
        };
        if let Some(resources) = resources {
            self.resources.store(Arc::new(resources));
        }
        self.visible.send_replace(version);
    }

    /// After a failed transaction: later writes may be based on it, so all that are queued fail with it.
    fn refuse_all(&self, queue: &Receiver<Job>, cause: &StoreError) {
        let mut index = self.write();
        index.rollback();
        for job in queue.try_iter() {
            drop(job.answer.send(Err(cause.clone())));
        }
    }
}
