//! One lock per image, so that a large one that is unpacked holds nobody up who runs another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Locks by name, made when they are asked for. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Locks(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

impl Locks {
    pub(super) fn of(&self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }

    /// Forgets those that nobody holds or waits for.
    pub(super) fn tidy(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, lock| Arc::strong_count(lock) > 1);
    }
}
