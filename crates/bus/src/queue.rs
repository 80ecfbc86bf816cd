//! Queues: settings and figures.

use domain::{
    FunctionName, TenantName, Timestamp,
    event::{CloudEvent, extension},
    function::DeadLetterSettings,
};
use serde::{Deserialize, Serialize};

use crate::{Exchange, Pattern, name};

/// What a queue takes from an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// From which.
    pub exchange: Exchange,
    /// Which types.
    pub pattern: Pattern,
}

/// What waits for what within a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ordering {
    /// Events with the same subject (`<tenant>/<function>`; without one: the same source) strictly
    /// one after the other; others overtake.
    PerFunction,
    /// Events with the same `partitionkey` extension strictly one after the other; those without
    /// one in parallel.
    PerPartition,
    /// In the order of arrival, without waiting for answers.
    Parallel,
}

impl Ordering {
    /// What `event` has to wait for, when it has to.
    pub fn key(self, event: &CloudEvent) -> Option<&str> {
        match self {
            Self::PerFunction => Some(event.subject.as_deref().unwrap_or(&event.source)),
            Self::PerPartition => event.extension("partitionkey"),
            Self::Parallel => None,
        }
    }
}

/// When and how often a failed delivery is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Tries in all before the event is dead; none: for ever.
    pub attempts: Option<u32>,
    /// Milliseconds before the second try; doubles with each.
    pub delay_ms: i64,
}

impl Retry {
    /// Longest wait between two tries.
    pub const MAX_DELAY_MS: i64 = 60_000;

    /// Milliseconds to wait after the try of this number (from 1) failed.
    pub fn delay_after(self, attempt: u32) -> i64 {
        let doublings = attempt.saturating_sub(1).min(20);
        self.delay_ms.saturating_mul(1 << doublings).min(Self::MAX_DELAY_MS.max(self.delay_ms))
    }
}

impl From<&DeadLetterSettings> for Retry {
    /// Older manifests have all kinds of delays there, so that one that can not be read is the default and no error.
    fn from(asked: &DeadLetterSettings) -> Self {
        let default = Self::default();
        let delay = asked.retry_backoff_delay.parse::<jiff::SignedDuration>().ok();
        let delay_ms =
            delay.and_then(|delay| i64::try_from(delay.as_millis()).ok()).filter(|delay| *delay >= 0);
        Self {
            attempts: u32::try_from(asked.retry_max_attempts).ok().filter(|n| *n > 0).or(default.attempts),
            delay_ms: delay_ms.unwrap_or(default.delay_ms),
        }
    }
}

impl Default for Retry {
    /// 5 attempts, PT1S doubling.
    fn default() -> Self {
        Self { attempts: Some(5), delay_ms: 1000 }
    }
}

/// Where events go that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeadLetters {
    /// To `dlq.<tenant>` of the function whose queue this is; of other queues, of the tenant that the event's subject
    /// or extension names. Declared when needed.
    OfTenant,
    /// To this queue.
    Queue(String),
    /// Nowhere: they are dropped. Of dead-letter queues themselves.
    Dropped,
}

/// A queue as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSpec {
    /// See [`crate::name`].
    pub name: String,
    /// What it takes from the exchanges; empty: only what is published to it by name.
    pub bindings: Vec<Binding>,
    /// What waits for what.
    pub ordering: Ordering,
    /// Tries and backoff.
    pub retry: Retry,
    /// Where failed events go.
    pub dead_letters: DeadLetters,
    /// Messages at most; more are refused (`reject-publish`).
    pub max_length: Option<u64>,
    /// Milliseconds after which a message is dropped.
    pub message_ttl_ms: Option<i64>,
}

impl QueueSpec {
    /// A queue without bindings, in parallel, with 5 attempts and the tenant's dead letters.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bindings: Vec::new(),
            ordering: Ordering::Parallel,
            retry: Retry::default(),
            dead_letters: DeadLetters::OfTenant,
            max_length: None,
            message_ttl_ms: None,
        }
    }

    /// What a queue of this name is, for those who did not declare it themselves.
    pub fn named(name: &str) -> Self {
        match name {
            name::OPERATOR => Self::operator(),
            name::TIMELINE => Self::timeline(),
            name if name.starts_with("dlq") => Self::dead_letters(name),
            name if name.starts_with("fn.") => Self::new(name).ordered(Ordering::PerPartition),
            name => Self::new(name),
        }
    }

    /// `operator.commands`: all commands, in order per function.
    pub fn operator() -> Self {
        Self::new(name::OPERATOR).bind(Exchange::Commands, Pattern::all()).ordered(Ordering::PerFunction)
    }

    /// `dashboard.timeline`: all events and commands in the order of arrival, tried for ever: what
    /// was accepted is recorded, however long the store was away. Parallel, so that the recorder
    /// can take a hundred events of one function into one database commit.
    pub fn timeline() -> Self {
        let mut spec = Self::new(name::TIMELINE)
            .bind(Exchange::Events, Pattern::all())
            .bind(Exchange::Commands, Pattern::all());
        spec.retry.attempts = None;
        spec
    }

    /// `fn.<tenant>.<name>`: in parallel, except for events that share a `partitionkey`.
    pub fn function(tenant: &TenantName, function: &FunctionName) -> Self {
        Self::new(name::function(tenant, function)).ordered(Ordering::PerPartition)
    }

    /// `dlq.<tenant>`: 50,000 messages, 7 days, reject-publish; tried for ever.
    pub fn dead_letters(name: impl Into<String>) -> Self {
        Self {
            retry: Retry { attempts: None, delay_ms: 1000 },
            dead_letters: DeadLetters::Dropped,
            max_length: Some(50_000),
            message_ttl_ms: Some(604_800_000),
            ..Self::new(name)
        }
    }

    /// Where an event goes that failed here for good; none: it is dropped.
    pub(crate) fn grave(&self, event: Option<&CloudEvent>) -> Option<String> {
        match &self.dead_letters {
            DeadLetters::Dropped => None,
            DeadLetters::Queue(queue) => Some(queue.clone()),
            DeadLetters::OfTenant => {
                let tenant = name::owner(&self.name).map(|(tenant, _)| tenant).or_else(|| {
                    let event = event?;
                    let written = event.extension(extension::TENANT).and_then(|text| text.parse().ok());
                    event.target().map(|(tenant, _)| tenant).or(written)
                });
                Some(
                    tenant
                        .map_or(name::DEAD_LETTERS_UNOWNED.to_owned(), |tenant| name::dead_letters(&tenant)),
                )
            }
        }
    }

    /// The same queue, bound once more.
    pub fn bind(mut self, exchange: Exchange, pattern: Pattern) -> Self {
        self.bindings.push(Binding { exchange, pattern });
        self
    }

    /// The same queue in this order.
    pub fn ordered(mut self, ordering: Ordering) -> Self {
        self.ordering = ordering;
        self
    }
}

/// A queue's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStats {
    /// Which.
    pub name: String,
    /// Messages in it, those on the way to a consumer included.
    pub messages: u64,
    /// Of these, delivered and not yet answered.
    pub unacked: u64,
    /// Of these, waiting for their next try.
    pub waiting: u64,
    /// Who takes from it.
    pub consumers: u32,
    /// When the oldest message arrived.
    pub oldest: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dead_letter_belongs_to_whose_queue_it_died_in() {
        let event = |more: serde_json::Value| {
            let mut base = json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t"});
            base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<CloudEvent>(base).unwrap()
        };
        let of = |queue: &str, more| QueueSpec::named(queue).grave(Some(&event(more))).unwrap();
        assert_eq!(of("fn.acme.f", json!({})), "dlq.acme", "a trigger's events need no subject");
        assert_eq!(of("fn.acme.f", json!({"subject": "other/g"})), "dlq.acme");
        assert_eq!(of("operator.commands", json!({"subject": "acme/f"})), "dlq.acme");
        assert_eq!(of("dashboard.timeline", json!({extension::TENANT: "acme"})), "dlq.acme");
        assert_eq!(of("dashboard.timeline", json!({})), "dlq");
        assert_eq!(QueueSpec::named("dlq.acme").grave(None), None);
    }

    #[test]
    fn the_wait_doubles_from_one_second_and_is_bounded() {
        let retry = Retry::default();
        assert_eq!([1, 2, 3, 4].map(|n| retry.delay_after(n)), [1000, 2000, 4000, 8000]);
        assert_eq!(retry.delay_after(1_000_000), Retry::MAX_DELAY_MS);
    }
}
