//! A queue in which every key waits at most once.

use std::{
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use indexmap::IndexSet;
use tokio::sync::Notify;

/// Keys in the order of their first mention.
pub(super) struct Queue<K> {
    waiting: Mutex<IndexSet<K>>,
    more: Notify,
}

impl<K: Hash + Eq> Queue<K> {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::new(IndexSet::new()), more: Notify::new() }
    }

    /// Puts a key at the end, unless it waits already.
    pub(super) fn push(&self, key: K) {
        if self.lock().insert(key) {
            self.more.notify_one();
        }
    }

    /// The next key; waits for one. For one reader.
    pub(super) async fn pop(&self) -> K {
        loop {
            if let Some(key) = self.lock().shift_remove_index(0) {
                return key;
            }
            self.more.notified().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, IndexSet<K>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_waits_once_and_can_come_again() {
        let queue = Queue::new();
        for key in [1, 2, 1] {
            queue.push(key);
        }
        assert_eq!((queue.pop().await, queue.pop().await), (1, 2));
        let next = queue.pop();
        tokio::pin!(next);
        assert!(futures::poll!(next.as_mut()).is_pending());
        queue.push(1);
        assert_eq!(next.await, 1);
    }
}
