//! Which events are the same one.

use domain::event::{CloudEvent, extension};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Hash of tenant, `source`, `id` and the number of the replay. Cryptographic, because a collision would drop an
/// event, and all are chosen by whoever sends it; with the tenant that the door wrote on it, because one tenant's
/// choice must not drop another's event. The platform's own sources name the tenant themselves.
pub(crate) fn of(event: &CloudEvent) -> u128 {
    within("", event)
}

/// The same, within an exchange or queue.
pub(crate) fn within(scope: &str, event: &CloudEvent) -> u128 {
    let replay = event.extensions.get(extension::REPLAY_COUNT).map(Value::to_string).unwrap_or_default();
    let tenant = event.extension(extension::TENANT).unwrap_or_default();
    hash(&[scope, tenant, &event.source, &event.id, &replay])
}

/// What may be compared instead of the parts.
pub(crate) fn hash(parts: &[&str]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
