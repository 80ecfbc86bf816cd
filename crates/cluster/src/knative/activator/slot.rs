//! One Pod as the activator sees it: an address, how much it has to do, and its idle connections.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::body::Body;
use hyper::client::conn::http1::SendRequest;
use tokio::sync::Notify;

/// Idle connections kept per Pod; more are closed after their request.
const IDLE_LIMIT: usize = 128;
/// How long a Pod is passed over that took no connection, or broke one off: its process may just have
/// ended, which the node tells within that time.
pub(super) const SHUN: Duration = Duration::from_millis(100);

/// A Pod that may be sent requests.
pub(in crate::knative) struct Slot {
    pub(super) name: Arc<str>,
    pub(super) address: SocketAddr,
    /// Requests at once at most.
    limit: u32,
    in_flight: AtomicU32,
    /// Set when the last request left.
    pub(super) emptied: Notify,
    idle: Mutex<Vec<SendRequest<Body>>>,
    made: Instant,
    /// Milliseconds after `made` until which the Pod is passed over.
    shunned: AtomicU64,
}

impl Slot {
    /// `limit` 0 is without a limit.
    pub(super) fn new(name: Arc<str>, address: SocketAddr, limit: u32) -> Self {
        Self {
            name,
            address,
            limit: if limit == 0 { u32::MAX } else { limit },
            in_flight: AtomicU32::new(0),
            emptied: Notify::new(),
            idle: Mutex::new(Vec::new()),
            made: Instant::now(),
            shunned: AtomicU64::new(0),
        }
    }

    /// Requests now, where one more is possible.
    pub(super) fn room(&self) -> Option<u32> {
        let busy = self.in_flight.load(Ordering::Acquire);
        (busy < self.limit && !self.is_shunned()).then_some(busy)
    }

    /// Takes one place, unless somebody else was quicker.
    pub(super) fn enter(&self) -> bool {
        let more = |busy| if busy < self.limit { Some(busy + 1) } else { None };
        self.in_flight.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }

    pub(super) fn leave(&self) {
        if self.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.emptied.notify_waiters();
        }
    }

    pub(in crate::knative) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Passes the Pod over for a moment.
    pub(super) fn shun(&self) {
        let until = (self.made.elapsed() + SHUN).as_millis() as u64;
        self.shunned.store(until, Ordering::Release);
        self.lock().clear();
    }

    pub(super) fn is_shunned(&self) -> bool {
        let until = self.shunned.load(Ordering::Acquire);
        until != 0 && (self.made.elapsed().as_millis() as u64) < until
    }

    /// An idle connection, if there is one that is still open.
    pub(super) fn take(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.lock();
        while let Some(sender) = idle.pop() {
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    /// Gives a connection back after a response that was read to its end.
    pub(super) fn give(&self, sender: SendRequest<Body>) {
        if sender.is_closed() {
            return;
        }
        let mut idle = self.lock();
        if idle.len() < IDLE_LIMIT {
            idle.push(sender);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Body>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_no_more_than_its_limit() {
        let slot = Slot::new("p".into(), "127.0.0.1:1".parse().unwrap(), 2);
        assert!(slot.enter() && slot.enter() && !slot.enter());
        assert_eq!(slot.room(), None);
        slot.leave();
        assert_eq!(slot.room(), Some(1));
        slot.shun();
        assert_eq!(slot.room(), None);
    }
}
