//! The scaler: makes and takes away Pods, by the autoscaler's decisions. Woken at once by a request that
//! finds no Pod; looks at the load once a second while there is any.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use knative::serving::Revision;
use rand::Rng;
use tokio::sync::mpsc;

use super::{
    activator::Backend,
    autoscaler::{Autoscaler, Now},
    configuration::child_name,
    controller::to_value,
    hub::{Hub, Indexed, Item, Member, Stage},
    kinds::read,
    pod,
    scaling::Metric,
};
use crate::{api::DeleteOptions, registry::Key};

/// How often the load is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long making Pods rests after a refusal.
const REFUSED_REST: Duration = Duration::from_secs(5);
/// Letters of generated names, as Kubernetes uses them.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What the scaler remembers of one Revision.
struct Scale {
    autoscaler: Autoscaler,
    uid: String,
    stage: Stage,
    /// When it was decided to go to zero.
    zero_since: Option<Instant>,
    rest_until: Option<Instant>,
}

/// Runs until shutdown.
pub(super) async fn run(hub: Arc<Hub>, mut pokes: mpsc::UnboundedReceiver<Arc<Backend>>) {
    let mut scales: HashMap<Key, Scale> = HashMap::new();
    let mut busy: Vec<Key> = Vec::new();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            poked = pokes.recv() => {
                let Some(backend) = poked else { return };
                backend.unpoke();
                let key = Key::new(&backend.settings.namespace, &backend.settings.revision);
                if look(&hub, &mut scales, &key, false) && !busy.contains(&key) {
                    busy.push(key);
                }
            }
            _ = ticks.tick(), if !busy.is_empty() => {
                busy.retain(|key| look(&hub, &mut scales, key, true));
            }
        }
    }
}

/// Looks at one Revision; false if nothing is going on there.
fn look(hub: &Arc<Hub>, scales: &mut HashMap<Key, Scale>, key: &Key, tick: bool) -> bool {
    let Some(member) = hub.member(key) else {
        scales.remove(key);
        return false;
    };
    let now = Instant::now();
    let scale = scales.entry(key.clone()).or_insert_with(|| Scale::new(&member, now));
    if scale.uid != member.uid {
        *scale = Scale::new(&member, now);
    }
    let pods = hub.pods_of(&member);
    sweep(hub, &member, &pods);
    let there = pods.values().filter(|pod| pod.counts()).count() + member.unseen(&pods);
    let there = u32::try_from(there).unwrap_or(u32::MAX);

    let desired = scale.desired(&member, now, tick);
    if member.set_desired(desired) {
        hub.queue.push(Item::Revision(key.clone()));
    }
    let wanted = scale.after_grace(&member, desired, there, now);
    if wanted > there {
        let resting = scale.rest_until.is_some_and(|until| now < until) && member.refused().is_some();
        if !resting {
            scale.rest_until = Some(now + REFUSED_REST);
            for _ in there..wanted {
                make(hub, &member);
            }
        }
    } else if wanted < there {
        release(hub, &member, &pods, there - wanted);
    }
    there > 0 || wanted > 0 || member.backend.in_flight().0 > 0
}

impl Scale {
    fn new(member: &Member, now: Instant) -> Self {
        Self {
            autoscaler: Autoscaler::new(now),
            uid: member.uid.clone(),
            stage: member.stage(),
            zero_since: None,
            rest_until: None,
        }
    }

    fn desired(&mut self, member: &Member, now: Instant, tick: bool) -> u32 {
        let scaling = &member.scaling;
        if tick {
            let reading = member.backend.read(now);
            let load = match scaling.metric {
                Metric::Concurrency => reading.concurrency,
                Metric::Rate => reading.rate,
            };
            self.autoscaler.record(now, load);
        }
        let (in_flight, last) = member.backend.in_flight();
        self.autoscaler.touch(last);
        let stage = member.stage();
        if self.stage != stage {
            // Proven just now: it stays for a window, also if nobody calls it.
            self.stage = stage;
            self.autoscaler.touch(now);
        }
        match stage {
            Stage::Failed => 0,
            Stage::New => {
                let least = if member.is_reachable() { scaling.min } else { 0 };
                scaling.initial.max(1).max(least)
            }
            Stage::Proven => self.autoscaler.decide(
                scaling,
                Now {
                    at: now,
                    ready: member.backend.ready(),
                    in_flight,
                    saturated: member.backend.queued() > 0,
                    reachable: member.is_reachable(),
                },
            ),
        }
    }

    /// The last Pod stays for its grace period after the decision for zero.
    fn after_grace(&mut self, member: &Member, desired: u32, there: u32, now: Instant) -> u32 {
        if desired > 0 || member.stage() == Stage::Failed {
            self.zero_since = None;
            return desired;
        }
        let since = *self.zero_since.get_or_insert(now);
        let over = now.duration_since(since) >= member.scaling.zero_delay;
        if over { 0 } else { there.min(1) }
    }
}

/// Makes one Pod, without waiting for it.
fn make(hub: &Arc<Hub>, member: &Arc<Member>) {
    let name = child_name(&member.key.name, &format!("-deployment-{}", random_letters()));
    member.begin(&name);
    let (hub_, member) = (hub.clone(), member.clone());
    hub.tasks.spawn(async move {
        let hub = hub_;
        let made = create(&hub, &member, &name).await;
        if let Err(why) = &made {
            member.end(&name);
            let (revision, namespace) = (&member.key.name, &member.key.namespace);
            tracing::info!(revision, namespace, why, "a Pod cannot be made");
        }
        if member.set_refused(made.err()) {
            hub.refresh(&member);
            hub.queue.push(Item::Revision(member.key.clone()));
        }
    });
}

async fn create(hub: &Hub, member: &Member, name: &str) -> Result<(), String> {
    let revision: Option<Revision> = read(&hub.handle, &hub.kinds.revisions, &member.key);
    let Some(revision) = revision.filter(|r| r.metadata.deletion_timestamp.is_none()) else {
        return Err("the revision was deleted".into());
    };
    let mut object = to_value(&pod::pod(&revision, name));
    object["apiVersion"] = "v1".into();
    object["kind"] = "Pod".into();
    // The watch on Pods puts it into the index.
    hub.handle.create(object).await.map(|_| ()).map_err(|error| error.to_string())
}

fn random_letters() -> String {
    let mut random = rand::rng();
    (0..5).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// Takes Pods away: those that do not serve first, then the ones with the least to do. Requests that run
/// are let finish.
fn release(hub: &Arc<Hub>, member: &Arc<Member>, pods: &BTreeMap<String, Indexed>, count: u32) {
    let mut candidates: Vec<(bool, u32, &String)> = pods
        .iter()
        .filter(|(_, pod)| pod.counts())
        .map(|(name, pod)| {
            let busy = member.backend.slot(name).map_or(0, |slot| slot.in_flight());
            (pod.facts.serves().is_some(), busy, name)
        })
        .collect();
    candidates.sort();
    let names: Vec<String> =
        candidates.into_iter().take(count as usize).map(|(_, _, name)| name.clone()).collect();
    let slots: Vec<_> = names.iter().map(|name| member.backend.slot(name)).collect();
    hub.send_off(member, &names);
    for (name, slot) in names.into_iter().zip(slots) {
        let (hub_, namespace) = (hub.clone(), member.key.namespace.clone());
        let limit = member.scaling.timeout;
        hub.tasks.spawn(async move {
            let hub = hub_;
            if let Some(slot) = slot {
                tokio::select! {
                    () = hub.shutdown.cancelled() => return,
                    () = slot.drained(limit) => {}
                }
            }
            delete(&hub, &namespace, &name).await;
        });
    }
}

/// Pods that ended for good make room for new ones.
fn sweep(hub: &Arc<Hub>, member: &Member, pods: &BTreeMap<String, Indexed>) {
    for (name, _) in pods.iter().filter(|(_, pod)| pod.facts.finished && !pod.facts.deleting && !pod.leaving)
    {
        hub.send_off(member, std::slice::from_ref(name));
        let (hub_, namespace, name) = (hub.clone(), member.key.namespace.clone(), name.clone());
        hub.tasks.spawn(async move { delete(&hub_, &namespace, &name).await });
    }
}

async fn delete(hub: &Hub, namespace: &str, name: &str) {
    let deleted = hub.handle.delete(&hub.kinds.pods, namespace, name, &DeleteOptions::default()).await;
    if let Err(error) = deleted
        && error.code() != http::StatusCode::NOT_FOUND
    {
        tracing::warn!(pod = name, namespace, %error, "a Pod cannot be taken away");
    }
}
