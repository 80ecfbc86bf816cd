//! A tenant's places for builds, and who waits for one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::function::{BuildQueuePlace, LambdaFunction, waits_since};
use kube::runtime::reflector::Store;
use tokio::sync::OwnedMutexGuard;

/// Whether the function waits for a build place.
pub(crate) fn is_queued(function: &LambdaFunction) -> bool {
    waits_since(function).is_some()
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

/// How many functions of the tenant wait before this one.
pub(crate) fn queued_before(function: &LambdaFunction, all: &Store<LambdaFunction>) -> usize {
    let own = BuildQueuePlace::of(function).unwrap_or_else(|| BuildQueuePlace::joining(function));
    // Every reconcile asks this of every function: what rules most of them out is first, and copies nothing.
    let before = |other: &&Arc<LambdaFunction>| {
        other.metadata.namespace == function.metadata.namespace
            && other.metadata.uid != function.metadata.uid
            && is_queued(other)
            && BuildQueuePlace::of(other).is_some_and(|place| place < own)
    };
    all.state().iter().filter(before).count()
}
