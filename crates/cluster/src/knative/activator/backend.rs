//! One Revision as the activator sees it: its Pods, its queue, and its load.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Notify, mpsc};

use super::{
    call::{ColdReason, ColdStart},
    load::{Load, Reading},
    slot::{SHUN, Slot},
};

/// What never changes about a Revision.
#[derive(Clone, Debug)]
pub(in crate::knative) struct Settings {
    pub(in crate::knative) namespace: Arc<str>,
    pub(in crate::knative) service: Arc<str>,
    pub(in crate::knative) revision: Arc<str>,
    /// Requests at once per Pod; 0 is without a limit.
    pub(in crate::knative) container_concurrency: u32,
    /// Limit for one whole request.
    pub(in crate::knative) timeout: Duration,
    /// Requests that may wait at most.
    pub(in crate::knative) queue_depth: u32,
}

/// The Pods of a Revision, its queue and its load. Shared by the activator, which sends requests, and the
/// scaler, which makes Pods.
pub(in crate::knative) struct Backend {
    pub(in crate::knative) settings: Settings,
    slots: ArcSwap<Vec<Arc<Slot>>>,
    load: Mutex<Load>,
    queued: AtomicU32,
    /// Told when a place may have become free.
    free: Notify,
    /// Why no Pod can serve, while that is known.
    trouble: ArcSwapOption<String>,
    served: AtomicBool,
    /// Whether the scaler was told and has not looked yet.
    poked: AtomicBool,
    scaler: mpsc::UnboundedSender<Arc<Backend>>,
}

/// Why a request gets no Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::knative) enum Refusal {
    /// Too many wait already.
    QueueFull,
    /// The time limit of the request came first.
    TimedOut,
    /// The Pods do not start, and this is why.
    Broken(String),
}

/// A place in a Pod; dropping it frees the place.
pub(in crate::knative) struct Lease {
    pub(in crate::knative) slot: Arc<Slot>,
    backend: Arc<Backend>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.slot.leave();
        if self.backend.queued.load(Ordering::Acquire) > 0 {
            self.backend.free.notify_one();
        }
    }
}

/// A request that counts as load; dropping it ends that.
pub(in crate::knative) struct Flight(Arc<Backend>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.lock().end(Instant::now());
    }
}

struct Queued<'a>(&'a Backend);

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let backend = self.0;
        // A waiter that gives up may have eaten the notification meant for the next one.
        if backend.queued.fetch_sub(1, Ordering::AcqRel) > 1 {
            backend.free.notify_one();
        }
    }
}

impl Backend {
    pub(in crate::knative) fn new(settings: Settings, scaler: mpsc::UnboundedSender<Arc<Backend>>) -> Self {
        Self {
            settings,
            slots: ArcSwap::default(),
            load: Mutex::new(Load::new(Instant::now())),
            queued: AtomicU32::new(0),
            free: Notify::new(),
            trouble: ArcSwapOption::empty(),
            served: AtomicBool::new(false),
            poked: AtomicBool::new(false),
            scaler,
        }
    }

    /// Counts a request as load until the answer is dropped.
    pub(in crate::knative) fn fly(self: &Arc<Self>) -> Flight {
        self.lock().begin(Instant::now());
        Flight(self.clone())
    }

    /// A place in the Pod with the least to do; waits until there is one, but not beyond `deadline`.
    /// Waking from zero is told to the scaler at once.
    pub(in crate::knative) async fn lease(
        self: &Arc<Self>,
        deadline: tokio::time::Instant,
    ) -> Result<(Lease, Option<ColdStart>), Refusal> {
        if self.queued.load(Ordering::Acquire) == 0
            && let Some(lease) = self.try_lease()
        {
            return Ok((lease, None));
        }
        let began = Instant::now();
        let cold = self.slots.load().is_empty().then(|| self.cold_reason());
        let waiting = self.queued.fetch_add(1, Ordering::AcqRel) + 1;
        let _queued = Queued(self);
        if waiting > self.settings.queue_depth {
            return Err(Refusal::QueueFull);
        }
        self.poke();
        let mut first = waiting == 1;
        loop {
            let notified = self.free.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if (first || cold.is_some())
                && let Some(lease) = self.try_lease()
            {
                return Ok((lease, cold.map(|reason| ColdStart { reason, waited: began.elapsed() })));
            }
            if let Some(why) = self.trouble.load_full() {
                return Err(Refusal::Broken(why.as_ref().clone()));
            }
            // A Pod that was passed over comes back without anybody telling.
            let shunned = self.slots.load().iter().any(|slot| slot.is_shunned());
            let until = if shunned { deadline.min(tokio::time::Instant::now() + SHUN) } else { deadline };
            let told = tokio::time::timeout_at(until, notified).await.is_ok();
            if !told && tokio::time::Instant::now() >= deadline {
                return Err(Refusal::TimedOut);
            }
            first = true;
        }
    }

    fn try_lease(self: &Arc<Self>) -> Option<Lease> {
        let slots = self.slots.load();
        loop {
            let (_, best) =
                slots.iter().filter_map(|slot| Some((slot.room()?, slot))).min_by_key(|(busy, _)| *busy)?;
            if best.enter() {
                return Some(Lease { slot: best.clone(), backend: self.clone() });
            }
        }
    }

    fn cold_reason(&self) -> ColdReason {
        if self.served.load(Ordering::Acquire) { ColdReason::ScaledToZero } else { ColdReason::FirstStart }
    }

    /// Tells the scaler to look, once until it has.
    pub(in crate::knative) fn poke(self: &Arc<Self>) {
        if !self.poked.swap(true, Ordering::AcqRel) {
            // The scaler is gone only when the platform stops.
            let _ = self.scaler.send(self.clone());
        }
    }

    /// The scaler has looked.
    pub(in crate::knative) fn unpoke(&self) {
        self.poked.store(false, Ordering::Release);
    }

    /// Sets which Pods serve; the ones that stay keep their connections.
    pub(in crate::knative) fn set_pods(&self, pods: &[(Arc<str>, SocketAddr)]) {
        let before = self.slots.load();
        let slots: Vec<_> = pods
            .iter()
            .map(|(name, address)| {
                let same = before.iter().find(|s| s.name == *name && s.address == *address);
                same.cloned().unwrap_or_else(|| {
                    Arc::new(Slot::new(name.clone(), *address, self.settings.container_concurrency))
                })
            })
            .collect();
        if !slots.is_empty() {
            self.served.store(true, Ordering::Release);
            self.trouble.store(None);
        }
        self.slots.store(Arc::new(slots));
        self.free.notify_waiters();
    }

    /// Says why no Pod can serve; who waits is refused with it.
    pub(in crate::knative) fn set_trouble(&self, why: Option<String>) {
        let some = why.is_some();
        self.trouble.store(why.map(Arc::new));
        if some {
            self.free.notify_waiters();
        }
    }

    /// Whether the Revision had a Pod before this process was started.
    pub(in crate::knative) fn mark_served(&self) {
        self.served.store(true, Ordering::Release);
    }

    /// The slot of a Pod that serves.
    pub(in crate::knative) fn slot(&self, pod: &str) -> Option<Arc<Slot>> {
        self.slots.load().iter().find(|s| &*s.name == pod).cloned()
    }

    /// Pods that serve.
    pub(in crate::knative) fn ready(&self) -> u32 {
        u32::try_from(self.slots.load().len()).unwrap_or(u32::MAX)
    }

    /// Requests that wait.
    pub(in crate::knative) fn queued(&self) -> u32 {
        self.queued.load(Ordering::Acquire)
    }

    /// Load since the last reading; starts anew.
    pub(in crate::knative) fn read(&self, now: Instant) -> Reading {
        self.lock().take(now)
    }

    /// Requests in flight, and when one last began or ended.
    pub(in crate::knative) fn in_flight(&self) -> (u32, Instant) {
        self.lock().in_flight()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Waits until no request is left, or `limit` is over.
    pub(in crate::knative) async fn drained(&self, limit: Duration) {
        let empty = async {
            loop {
                let emptied = self.emptied.notified();
                tokio::pin!(emptied);
                emptied.as_mut().enable();
                if self.in_flight() == 0 {
                    return;
                }
                emptied.await;
            }
        };
        let _ = tokio::time::timeout(limit, empty).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(
        container_concurrency: u32,
        queue_depth: u32,
    ) -> (Arc<Backend>, mpsc::UnboundedReceiver<Arc<Backend>>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let settings = Settings {
            namespace: "acme".into(),
            service: "web".into(),
            revision: "web-00001".into(),
            container_concurrency,
            timeout: Duration::from_mins(5),
            queue_depth,
        };
        (Arc::new(Backend::new(settings, sender)), receiver)
    }

    fn pod(name: &str, port: u16) -> (Arc<str>, SocketAddr) {
        (name.into(), SocketAddr::from(([127, 0, 0, 1], port)))
    }

    fn soon() -> tokio::time::Instant {
        tokio::time::Instant::now() + Duration::from_secs(10)
    }

    #[tokio::test]
    async fn a_request_at_zero_wakes_the_scaler_once_and_is_served_when_a_pod_comes() {
        let (backend, mut pokes) = backend(1, 10);
        let (a, b) = (backend.clone(), backend.clone());
        let first = tokio::task::JoinSet::from_iter([async move {
            a.lease(soon()).await.map(|(lease, cold)| (lease.slot.name.clone(), cold))
        }]);
        let second = tokio::task::JoinSet::from_iter([async move {
            b.lease(soon()).await.map(|(lease, cold)| (lease.slot.name.clone(), cold))
        }]);
        pokes.recv().await.unwrap();
        backend.set_pods(&[pod("p", 1)]);
        for mut set in [first, second] {
            let (name, cold) = set.join_next().await.unwrap().unwrap().unwrap();
            assert_eq!(&*name, "p");
            assert!(cold.is_none_or(|c| c.reason == ColdReason::FirstStart));
        }
        assert!(pokes.try_recv().is_err(), "poked once until the scaler looked");
    }

    #[tokio::test]
    async fn the_pod_with_the_least_to_do_is_chosen_and_a_full_one_never() {
        let (backend, _pokes) = backend(2, 10);
        backend.set_pods(&[pod("a", 1), pod("b", 2)]);
        let mut leases = Vec::new();
        for _ in 0..4 {
            leases.push(backend.lease(soon()).await.map_err(|_| ()).unwrap().0);
        }
        let on_a = leases.iter().filter(|l| &*l.slot.name == "a").count();
        assert_eq!(on_a, 2);
        let waiter = backend.lease(soon());
        tokio::pin!(waiter);
        assert!(futures::poll!(waiter.as_mut()).is_pending());
        assert_eq!(backend.queued(), 1);
        leases.pop();
        assert!(waiter.await.is_ok_and(|(_, cold)| cold.is_none()));
    }

    #[tokio::test]
    async fn who_waits_too_long_or_in_too_long_a_queue_is_refused() {
        let (backend, _pokes) = backend(1, 1);
        let waiter = backend.lease(tokio::time::Instant::now() + Duration::from_millis(30));
        tokio::pin!(waiter);
        assert!(futures::poll!(waiter.as_mut()).is_pending());
        assert_eq!(backend.lease(soon()).await.err(), Some(Refusal::QueueFull));
        assert_eq!(waiter.await.err(), Some(Refusal::TimedOut));
        assert_eq!(backend.queued(), 0);
    }

    #[tokio::test]
    async fn trouble_is_told_to_those_who_wait() {
        let (backend, _pokes) = backend(1, 10);
        let waiter = backend.lease(soon());
        tokio::pin!(waiter);
        assert!(futures::poll!(waiter.as_mut()).is_pending());
        backend.set_trouble(Some("exit code 3".into()));
        assert_eq!(waiter.await.err(), Some(Refusal::Broken("exit code 3".into())));
    }

    #[tokio::test]
    async fn a_pod_that_goes_is_drained_first() {
        let (backend, _pokes) = backend(0, 10);
        backend.set_pods(&[pod("a", 1)]);
        let (lease, _) = backend.lease(soon()).await.map_err(|_| ()).unwrap();
        let slot = backend.slot("a").unwrap();
        backend.set_pods(&[]);
        let drained = slot.drained(Duration::from_mins(1));
        tokio::pin!(drained);
        assert!(futures::poll!(drained.as_mut()).is_pending());
        drop(lease);
        drained.await;
    }
}
