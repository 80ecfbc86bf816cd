//! `spec.eventing`.

use serde::{Deserialize, Serialize};

/// Broker and dead letters of the function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Eventing {
    /// Whether events call the function at all.
    pub enabled: bool,
    /// Broker in the same namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker_name: Option<String>,
    /// The RabbitMQ behind the broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rabbitmq: Option<RabbitmqSettings>,
    /// What happens to events that fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dlq: Option<DeadLetterSettings>,
}

impl Default for Eventing {
    fn default() -> Self {
        Self { enabled: true, broker_name: None, rabbitmq: None, dlq: None }
    }
}

/// The RabbitMQ behind the broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct RabbitmqSettings {
    /// RabbitmqCluster object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_name: Option<String>,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `quorum` or `classic`.
    pub queue_type: String,
    /// Events at once.
    pub parallelism: i32,
    /// Unacknowledged events per consumer.
    pub prefetch_count: i32,
}

impl Default for RabbitmqSettings {
    fn default() -> Self {
        Self {
            cluster_name: None,
            namespace: None,
            queue_type: "quorum".to_owned(),
            parallelism: 50,
            prefetch_count: 100,
        }
    }
}

/// What happens to events that fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct DeadLetterSettings {
    /// Whether failed events are kept.
    pub enabled: bool,
    /// Exchange instead of the tenant's.
    #[serde(rename = "exchangeName", skip_serializing_if = "Option::is_none")]
    pub exchange_name: Option<String>,
    /// Queue instead of the tenant's.
    #[serde(rename = "queueName", skip_serializing_if = "Option::is_none")]
    pub queue_name: Option<String>,
    /// Attempts before an event is dead.
    #[serde(rename = "retryMaxAttempts")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 100)))]
    pub retry_max_attempts: i32,
    /// First wait, doubled each time, as an ISO 8601 duration.
    #[serde(rename = "retryBackoffDelay")]
    pub retry_backoff_delay: String,
    /// Milliseconds that a dead letter is kept.
    #[serde(rename = "messageTTL")]
    pub message_ttl: i64,
    /// Most dead letters.
    #[serde(rename = "maxLength")]
    pub max_length: i64,
    /// What a full queue does.
    #[serde(rename = "overflowPolicy")]
    pub overflow_policy: String,
}

impl Default for DeadLetterSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            exchange_name: None,
            queue_name: None,
            retry_max_attempts: 5,
            retry_backoff_delay: "PT1S".to_owned(),
            message_ttl: 604_800_000,
            max_length: 50_000,
            overflow_policy: "reject-publish".to_owned(),
        }
    }
}
