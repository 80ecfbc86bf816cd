//! What controllers, scaler and activator share: the Revisions that are there, and their Pods.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
};

use knative::serving::{Revision, annotation};
use kube::ResourceExt;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    activator::{Backend, Settings, Table},
    config::Config,
    kinds::Kinds,
    pod::{PodFacts, Trouble},
    queue::Queue,
    scaling::Scaling,
};
use crate::{
    Handle,
    registry::{Key, Stored},
};

/// Something whose state has to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Service(Key),
    Configuration(Key),
    Route(Key),
    Revision(Key),
}

/// A queue for each kind: each has a controller of its own, as in Knative, so that a Revision does not wait
/// behind the states of Services and Routes that follow from it.
pub(super) struct Queues([Queue<Item>; 4]);

impl Queues {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Queue::new()))
    }

    /// Puts an item into the queue of its kind.
    pub(super) fn push(&self, item: Item) {
        let [services, configurations, routes, revisions] = &self.0;
        let queue = match &item {
            Item::Service(_) => services,
            Item::Configuration(_) => configurations,
            Item::Route(_) => routes,
            Item::Revision(_) => revisions,
        };
        queue.push(item);
    }

    /// The one at this place; there are as many as [`Self::COUNT`].
    pub(super) fn at(&self, place: usize) -> &Queue<Item> {
        &self.0[place]
    }

    pub(super) const COUNT: usize = 4;
}

/// Where a Revision stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Has still to prove that it starts.
    New,
    /// Was ready once.
    Proven,
    /// Never became ready in its time; is not tried again.
    Failed,
}

/// One Revision.
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) uid: String,
    pub(super) backend: Arc<Backend>,
    pub(super) scaling: Scaling,
    stage: AtomicU8,
    reachable: AtomicBool,
    /// Pods wanted; `u32::MAX` before the first decision.
    desired: AtomicU32,
    /// Names of Pods that are being made and that the watch has not shown yet.
    making: Mutex<BTreeSet<String>>,
    refused: Mutex<Option<String>>,
}

impl Member {
    pub(super) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::New,
            1 => Stage::Proven,
            _ => Stage::Failed,
        }
    }

    /// Whether the stage is another one than before.
    pub(super) fn set_stage(&self, stage: Stage) -> bool {
        let number = match stage {
            Stage::New => 0,
            Stage::Proven => 1,
            Stage::Failed => 2,
        };
        self.stage.swap(number, Ordering::AcqRel) != number
    }

    pub(super) fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Acquire)
    }

    pub(super) fn set_reachable(&self, reachable: bool) -> bool {
        self.reachable.swap(reachable, Ordering::AcqRel) != reachable
    }

    pub(super) fn desired(&self) -> Option<u32> {
        Some(self.desired.load(Ordering::Acquire)).filter(|desired| *desired != u32::MAX)
    }

    pub(super) fn set_desired(&self, desired: u32) -> bool {
        self.desired.swap(desired, Ordering::AcqRel) != desired
    }

    /// Notes that a Pod is being made.
    pub(super) fn begin(&self, pod: &str) {
        self.making.lock().unwrap_or_else(PoisonError::into_inner).insert(pod.to_owned());
    }

    /// Notes that a Pod was seen, or could not be made.
    pub(super) fn end(&self, pod: &str) {
        self.making.lock().unwrap_or_else(PoisonError::into_inner).remove(pod);
    }

    /// Pods that are being made and that nobody has seen yet.
    pub(super) fn unseen(&self, seen: &BTreeMap<String, Indexed>) -> usize {
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        making.iter().filter(|name| !seen.contains_key(*name)).count()
    }

    /// Why no Pod could be made, the last time that it was tried.
    pub(super) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_refused(&self, why: Option<String>) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *refused != why;
        *refused = why;
        changed
    }
}

/// A Pod in the index.
#[derive(Clone, Debug)]
pub(super) struct Indexed {
    pub(super) facts: PodFacts,
    /// Takes no new requests and goes when the last one is done.
    pub(super) leaving: bool,
}

impl Indexed {
    /// Whether it stands for one of the Pods that are wanted.
    pub(super) fn counts(&self) -> bool {
        self.facts.counts() && !self.leaving
    }
}

/// The shared state; one per cluster.
pub(super) struct Hub {
    pub(super) handle: Handle,
    pub(super) kinds: Kinds,
    pub(super) config: Config,
    pub(super) queue: Queues,
    pub(super) table: Arc<Table>,
    pub(super) tasks: TaskTracker,
    pub(super) shutdown: CancellationToken,
    pub(super) pokes: mpsc::UnboundedSender<Arc<Backend>>,
    pub(super) members: RwLock<HashMap<Key, Arc<Member>>>,
    pub(super) pods: Mutex<HashMap<Key, BTreeMap<String, Indexed>>>,
    /// New Revisions for which somebody waits until their time is over.
    pub(super) alarms: Mutex<HashSet<Key>>,
}

impl Hub {
    pub(super) fn member(&self, key: &Key) -> Option<Arc<Member>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn member_keys(&self) -> Vec<Key> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The member of a Revision, made if it is new (or another one of the same name).
    pub(super) fn join(&self, key: &Key, revision: &Revision, stage: Stage) -> Arc<Member> {
        let uid = revision.uid().unwrap_or_default();
        if let Some(member) = self.member(key).filter(|member| member.uid == uid) {
            return member;
        }
        let scaling = Scaling::of(revision, &self.config);
        let service = revision.labels().get(annotation::SERVICE).cloned();
        let service = service.or_else(|| revision.labels().get(annotation::CONFIGURATION).cloned());
        let settings = Settings {
            namespace: key.namespace.as_str().into(),
            service: service.unwrap_or_else(|| key.name.clone()).into(),
            revision: key.name.as_str().into(),
            container_concurrency: scaling.container_concurrency,
            timeout: scaling.timeout,
            queue_depth: self.config.queue_depth,
        };
        let backend = Arc::new(Backend::new(settings, self.pokes.clone()));
        if stage == Stage::Proven {
            backend.mark_served();
        }
        let member = Arc::new(Member {
            key: key.clone(),
            uid,
            backend,
            scaling,
            stage: AtomicU8::new(0),
            reachable: AtomicBool::new(is_reachable(revision)),
            desired: AtomicU32::new(u32::MAX),
            making: Mutex::default(),
            refused: Mutex::new(None),
        });
        member.set_stage(stage);
        self.members.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), member.clone());
        self.refresh(&member);
        member.backend.poke();
        member
    }

    pub(super) fn leave(&self, key: &Key) {
        let gone = self.members.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        if let Some(member) = gone {
            member.backend.set_trouble(Some("this version was deleted".into()));
        }
    }

    /// Takes a Pod's new state into the index, or takes it out; whom it belongs to is told.
    pub(super) fn see_pod(&self, pod: &Value, gone: bool) {
        let Some(key) = revision_of(pod) else { return };
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        {
            let mut pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
            if gone {
                if let Some(own) = pods.get_mut(&key) {
                    own.remove(name);
                    if own.is_empty() {
                        pods.remove(&key);
                    }
                }
            } else {
                let own = pods.entry(key.clone()).or_default();
                let leaving = own.get(name).is_some_and(|before| before.leaving);
                own.insert(name.to_owned(), Indexed { facts: PodFacts::of(pod), leaving });
            }
        }
        if let Some(member) = self.member(&key) {
            member.end(name);
            self.refresh(&member);
            member.backend.poke();
        }
        self.queue.push(Item::Revision(key));
    }

    /// Takes Pods that are not in a complete list out of the index: their end was missed.
    pub(super) fn keep_pods(&self, listed: &[Arc<Stored>]) {
        let listed: HashSet<Key> = listed.iter().map(|stored| Key::of(stored.object())).collect();
        let mut pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, own) in pods.iter_mut() {
            own.retain(|name, _| listed.contains(&Key::new(&key.namespace, name)));
        }
        pods.retain(|_, own| !own.is_empty());
    }

    /// Marks Pods as leaving: they get no more requests.
    pub(super) fn send_off(&self, member: &Member, names: &[String]) {
        {
            let mut pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(own) = pods.get_mut(&member.key) else { return };
            for name in names {
                if let Some(pod) = own.get_mut(name) {
                    pod.leaving = true;
                }
            }
        }
        self.refresh(member);
    }

    /// The Pods of a Revision; not those of an earlier one of the same name.
    pub(super) fn pods_of(&self, member: &Member) -> BTreeMap<String, Indexed> {
        let pods = self.pods.lock().unwrap_or_else(PoisonError::into_inner);
        let own = pods.get(&member.key).into_iter().flatten();
        own.filter(|(_, pod)| pod.facts.revision == member.uid)
            .map(|(name, pod)| (name.clone(), pod.clone()))
            .collect()
    }

    /// Tells the activator which Pods serve, and why none does.
    pub(super) fn refresh(&self, member: &Member) {
        let pods = self.pods_of(member);
        let serving: Vec<_> = pods
            .iter()
            .filter(|(_, pod)| !pod.leaving)
            .filter_map(|(name, pod)| Some((Arc::from(name.as_str()), pod.facts.serves()?)))
            .collect();
        let none = serving.is_empty();
        member.backend.set_pods(&serving);
        if none {
            let stuck = pods.values().filter(|pod| pod.counts() && pod.facts.stuck);
            let why = stuck.filter_map(|pod| pod.facts.trouble.as_ref()).map(Trouble::to_string).next();
            member.backend.set_trouble(why.or_else(|| member.refused()));
        }
    }
}

/// Whether a Route sends the Revision traffic.
pub(super) fn is_reachable(revision: &Revision) -> bool {
    revision.labels().get(annotation::ROUTING_STATE).is_some_and(|state| state == "active")
}

/// The Revision that a Pod belongs to.
fn revision_of(pod: &Value) -> Option<Key> {
    let metadata = &pod["metadata"];
    let revision = metadata["labels"][annotation::REVISION].as_str()?;
    Some(Key::new(metadata["namespace"].as_str()?, revision))
}
