//! The order in which functions of a tenant get the places for builds: said once for the operator, who gives them,
//! and for the pages, which tell who is next.

use super::{ConditionStatus, LambdaFunction, condition};

/// Condition reason of a function that waits for a build place.
pub const QUEUED: &str = "Queued";
/// After every time.
const LAST: &str = "~";

/// Where a function stands: by the number of its priority, then who came first, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildQueuePlace {
    priority: i64,
    since: String,
    name: String,
}

impl BuildQueuePlace {
    /// Of a function that waits; none of one that does not.
    pub fn of(function: &LambdaFunction) -> Option<Self> {
        let since = waits_since(function)?.to_owned();
        Some(Self { since, ..Self::joining(function) })
    }

    /// Of a function that is about to wait: the last of its priority.
    pub fn joining(function: &LambdaFunction) -> Self {
        Self {
            priority: i64::from(function.spec.build.priority),
            since: LAST.to_owned(),
            name: function.metadata.name.clone().unwrap_or_default(),
        }
    }
}

/// Since when a function waits for a build place.
pub fn waits_since(function: &LambdaFunction) -> Option<&str> {
    let ready = function.status.as_ref()?.condition(condition::BUILD_READY)?;
    let waits = ready.status != ConditionStatus::True
        && ready.reason == QUEUED
        && function.metadata.deletion_timestamp.is_none();
    waits.then_some(ready.last_transition_time.as_str())
}
