//! A tenant's places for builds, and who waits for one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::function::{LambdaFunction, condition};
use kube::{ResourceExt, runtime::reflector::Store};
use tokio::sync::OwnedMutexGuard;

use super::QUEUED;

/// Whether the function waits for a build place.
pub(crate) fn is_queued(function: &LambdaFunction) -> bool {
    let ready = function.status.as_ref().and_then(|status| status.condition(condition::BUILD_READY));
    ready.is_some_and(|condition| condition.reason == QUEUED)
}

/// Whoever starts a build holds its tenant's lock from the count of those that run to the creation of the Job, so
/// that no two take the last place.
#[derive(Default)]
pub(crate) struct Places(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Places {
    pub(crate) async fn lock(&self, namespace: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            places.entry(namespace.to_owned()).or_default().clone()
        };
        lock.lock_owned().await
    }
}

/// How many functions of the tenant wait before this one: a lower priority number first, then who came first.
pub(crate) fn queued_before(function: &LambdaFunction, all: &Store<LambdaFunction>) -> usize {
    let place = |function: &LambdaFunction| {
        let since = function.status.as_ref().and_then(|status| status.condition(condition::BUILD_READY));
        let since = since.filter(|condition| condition.reason == QUEUED);
        // Who does not wait yet comes last of its priority.
        let since = since.map_or_else(|| "~".to_owned(), |condition| condition.last_transition_time.clone());
        (function.spec.build.priority, since, function.name_any())
    };
    let own = place(function);
    // Every reconcile asks this of every function: what rules most of them out is first, and copies nothing.
    let before = |other: &&Arc<LambdaFunction>| {
        is_queued(other)
            && other.metadata.namespace == function.metadata.namespace
            && other.metadata.uid != function.metadata.uid
            && other.metadata.deletion_timestamp.is_none()
            && place(other) < own
    };
    all.state().iter().filter(before).count()
}
