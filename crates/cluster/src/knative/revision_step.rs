//! The controller's step for a Revision: its status from its Pods, and where it stands in its life.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::SignedDuration};
use knative::serving::Revision;

use super::{
    controller::{now, to_value, write_status},
    hub::{Hub, Item, Stage, is_reachable},
    kinds,
    pod::Trouble,
    revision::{self, Observed},
};
use crate::{api::status::ApiResult, registry::Key};

/// A Revision fails after its progress deadline; after so many of them its Pods are taken away.
const PATIENCE: u32 = 2;

/// Brings a Revision's status up to date.
pub(super) async fn look(hub: &Arc<Hub>, key: &Key) -> ApiResult<()> {
    let Some(stored) = hub.handle.get(&hub.kinds.revisions, &key.namespace, &key.name) else {
        hub.leave(key);
        return Ok(());
    };
    let object = stored.object();
    let Some(revision): Option<Revision> = kinds::typed(object.value(), "revisions") else { return Ok(()) };
    if object.is_deleting() {
        hub.leave(key);
        return Ok(());
    }
    let now = now(hub);
    let proven = revision::was_ready(&revision);
    let member = hub.join(key, &revision, if proven { Stage::Proven } else { Stage::New });
    if member.set_reachable(is_reachable(&revision)) {
        member.backend.poke();
    }
    let deadline = member.scaling.progress_deadline;
    let unproven = member.stage() != Stage::Proven;
    let timed_out = unproven && revision::is_older(&revision, &now, deadline);
    let given_up = unproven && revision::is_older(&revision, &now, deadline * PATIENCE);
    let pods = hub.pods_of(&member);
    let counted = || pods.values().filter(|pod| pod.counts());
    let seen = Observed {
        ready: count(counted().filter(|pod| pod.facts.serves().is_some())),
        pods: count(pods.values()),
        desired: member.desired(),
        initial: member.scaling.initial.max(1),
        trouble: worst(counted().filter_map(|pod| pod.facts.trouble.clone())),
        refused: member.refused(),
    };
    let status = revision::status(&revision, &seen, timed_out, &now);
    let ready =
        knative::condition::find(&status.conditions, "Ready").is_some_and(knative::Condition::is_true);
    let stage = match member.stage() {
        Stage::New if ready => Stage::Proven,
        Stage::New if given_up => Stage::Failed,
        stage => stage,
    };
    let moved = member.set_stage(stage);
    write_status(hub, &hub.kinds.revisions, key, to_value(&status)).await?;
    if moved {
        member.backend.poke();
    }
    if stage == Stage::New && status.conditions.len() > 3 {
        let next = if timed_out { deadline * PATIENCE } else { deadline };
        wake_at(hub, key, &revision, &now, next);
    } else if stage == Stage::New {
        // The first status is that of a Revision just made; the next one tells about its Pods.
        hub.queue.push(Item::Revision(key.clone()));
    }
    Ok(())
}

/// Looks again when a new Revision has this age, if nothing happens until then.
fn wake_at(hub: &Arc<Hub>, key: &Key, revision: &Revision, now: &Time, age: Duration) {
    let Some(created) = &revision.metadata.creation_timestamp else { return };
    let passed = now.0.duration_since(created.0).max(SignedDuration::ZERO);
    let passed = Duration::try_from(passed).unwrap_or_default();
    let left = age.saturating_sub(passed) + Duration::from_secs(1);
    let item = Item::Revision(key.clone());
    if hub.alarms.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
        let later = hub.clone();
        let key = key.clone();
        hub.tasks.spawn(async move {
            tokio::select! {
                () = later.shutdown.cancelled() => {}
                () = tokio::time::sleep(left) => {
                    later.alarms.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                    later.queue.push(item);
                }
            }
        });
    }
}

fn count(pods: impl Iterator) -> u32 {
    u32::try_from(pods.count()).unwrap_or(u32::MAX)
}

/// The trouble that says most: an end before a wait.
fn worst(troubles: impl Iterator<Item = Trouble>) -> Option<Trouble> {
    troubles.min_by_key(|trouble| match trouble {
        Trouble::Exited { .. } => 0,
        Trouble::Waiting { .. } => 1,
        Trouble::Unschedulable { .. } => 2,
    })
}
