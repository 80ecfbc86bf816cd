//! Changes on their way to browsers: numbered, kept for a while so that a stream can resume.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use domain::{
    TenantName, Timestamp,
    identity::{Caller, Permission},
    live::Change,
};
use futures::{Stream, StreamExt, stream};
use tokio::sync::broadcast;

use crate::{Platform, Result};

/// Changes that a stream can resume over.
const KEPT: usize = 4096;
/// Changes that a slow stream may be behind before it is told to look at everything again.
const BEHIND: usize = 1024;

/// Numbers and keeps changes. Numbers begin with the time of the start, so that an id of an earlier
/// run is recognised as too old.
pub(crate) struct Live {
    ring: Mutex<Ring>,
    sender: broadcast::Sender<(u64, Change)>,
}

struct Ring {
    next: u64,
    /// The newest change that is not kept any more.
    forgotten: u64,
    kept: VecDeque<(u64, Change)>,
}

impl Live {
    pub(crate) fn new(started: Timestamp) -> Self {
        let next = u64::try_from(started.as_millis()).unwrap_or(0) << 10;
        let (sender, _) = broadcast::channel(BEHIND);
        Self { ring: Mutex::new(Ring { next: next + 1, forgotten: next, kept: VecDeque::new() }), sender }
    }

    /// Tells every stream of the tenant.
    pub(crate) fn tell(&self, change: Change) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let id = ring.next;
        ring.next += 1;
        // Lines come by the dozen each second, and who follows a log resumes by their numbers: kept here, they would
        // push out what pages resume over.
        if !matches!(change, Change::Log { .. }) {
            if ring.kept.len() == KEPT
                && let Some((oldest, _)) = ring.kept.pop_front()
            {
                ring.forgotten = oldest;
            }
            ring.kept.push_back((id, change.clone()));
        }
        // Sent under the lock, so that a stream that begins now misses nothing and doubles nothing.
        let _nobody_listens = self.sender.send((id, change));
    }

    /// The id of the newest change.
    pub(crate) fn newest(&self) -> u64 {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).next - 1
    }

    /// What came after `since`, and then what comes; `Resync` first when `since` is not known any more.
    pub(crate) fn follow(&self, since: Option<u64>) -> impl Stream<Item = (u64, Change)> + Send + use<> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let newest = ring.next - 1;
        let missed = match since {
            None => Vec::new(),
            Some(since) => {
                if since > newest || since < ring.forgotten {
                    vec![(newest, Change::Resync)]
                } else {
                    ring.kept.iter().filter(|(id, _)| *id > since).cloned().collect()
                }
            }
        };
        drop(ring);
        let coming = stream::unfold((receiver, newest), |(mut receiver, mut last)| async move {
            let item = match receiver.recv().await {
                Ok(item) => item,
                Err(broadcast::error::RecvError::Lagged(missed)) => (last + missed, Change::Resync),
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            last = item.0;
            Some((item, (receiver, last)))
        });
        stream::iter(missed).chain(coming)
    }
}

impl Platform {
    /// Where the stream of changes stands now. A page takes it before it reads anything and follows
    /// from there, so that nothing is missed between the reading and the stream's first byte.
    pub fn live_position(&self) -> u64 {
        self.live().newest()
    }

    /// Changes of one tenant, or without one of all, after the resume id `since` (without it: from now on), each with
    /// its id. New lines of logs are no part: pages would ask for themselves at every print of a function.
    pub async fn changes(
        &self,
        caller: &Caller,
        tenant: Option<&TenantName>,
        since: Option<u64>,
    ) -> Result<impl Stream<Item = (u64, Change)> + Send + use<>> {
        match tenant {
            Some(tenant) => self.authorize_letters(caller, tenant, Permission::Read)?,
            None => self.authorize_admin(caller)?,
        }
        let tenant = tenant.cloned();
        Ok(self.live().follow(since).filter(move |(_, change)| {
            let owner = change.tenant().zip(tenant.as_ref());
            let mine = owner.is_none_or(|(owner, tenant)| owner == tenant);
            let told = mine && !matches!(change, Change::Log { .. });
            async move { told }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str) -> Change {
        Change::Function { tenant: "acme".parse().unwrap(), function: name.parse().unwrap() }
    }

    async fn next(stream: &mut (impl Stream<Item = (u64, Change)> + Unpin)) -> (u64, Change) {
        stream.next().await.unwrap()
    }

    #[tokio::test]
    async fn a_stream_resumes_after_its_last_id_without_gap_or_double() {
        let live = Live::new(Timestamp::from_millis(1));
        let mut first = Box::pin(live.follow(None));
        live.tell(change("a"));
        live.tell(change("b"));
        let (id, a) = next(&mut first).await;
        assert_eq!(a, change("a"));
        drop(first);
        live.tell(change("c"));
        let mut second = Box::pin(live.follow(Some(id)));
        live.tell(change("d"));
        for expected in ["b", "c", "d"] {
            assert_eq!(next(&mut second).await.1, change(expected));
        }
    }

    #[tokio::test]
    async fn what_happens_between_the_reading_of_a_page_and_its_stream_is_not_missed() {
        let live = Live::new(Timestamp::from_millis(1));
        let read_at = live.newest();
        live.tell(change("a"));
        let mut stream = Box::pin(live.follow(Some(read_at)));
        assert_eq!(next(&mut stream).await.1, change("a"));
    }

    #[tokio::test]
    async fn a_function_that_prints_pushed_out_what_pages_resume_over() {
        let live = Live::new(Timestamp::from_millis(1));
        let read_at = live.newest();
        live.tell(change("a"));
        let target = domain::log::LogTarget::Function("a".parse().unwrap());
        for last in 1..=KEPT as u64 + 2 {
            live.tell(Change::Log { tenant: "acme".parse().unwrap(), target: target.clone(), last });
        }
        let mut stream = Box::pin(live.follow(Some(read_at)));
        assert_eq!(next(&mut stream).await.1, change("a"));
        let mut newest = Box::pin(live.follow(Some(live.newest())));
        live.tell(change("b"));
        assert_eq!(next(&mut newest).await.1, change("b"));
    }

    #[tokio::test]
    async fn an_id_of_an_earlier_run_or_long_ago_asks_for_a_resync() {
        let live = Live::new(Timestamp::from_millis(1_000));
        let mut old = Box::pin(live.follow(Some(7)));
        assert_eq!(next(&mut old).await.1, Change::Resync);
        for _ in 0..KEPT + 2 {
            live.tell(change("x"));
        }
        let mut long_ago = Box::pin(live.follow(Some((1_000 << 10) + 1)));
        assert_eq!(next(&mut long_ago).await.1, Change::Resync);
    }
}
