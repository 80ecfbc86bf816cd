//! Names that older producers send, mapped at the door.

use super::EventType;

/// What older names begin with.
const LEGACY_PREFIX: &str = "network.notifi.lambda.";

/// The present type of an older name, `network.notifi.lambda.<name>`.
pub fn from_legacy(kind: &str) -> Option<EventType> {
    Some(match kind.strip_prefix(LEGACY_PREFIX)? {
        "build.start" => EventType::CommandBuildStart,
        "build.cancel" => EventType::CommandBuildCancel,
        "build.retry" => EventType::CommandBuildRetry,
        "build.started" => EventType::BuildStarted,
        "build.complete" | "build.completed" => EventType::BuildCompleted,
        "build.failed" => EventType::BuildFailed,
        "build.timeout" => EventType::BuildTimeout,
        "build.cancelled" => EventType::BuildCancelled,
        "build.stop" | "build.stopped" => EventType::BuildStopped,
        "service.create" => EventType::CommandServiceCreate,
        "service.update" => EventType::CommandServiceUpdate,
        "service.delete" => EventType::CommandServiceDelete,
        "service.created" => EventType::ServiceCreated,
        "service.updated" => EventType::ServiceUpdated,
        "service.deleted" => EventType::ServiceDeleted,
        "parser.start" | "parser.started" => EventType::ParserStarted,
        "parser.complete" | "parser.completed" => EventType::ParserCompleted,
        "parser.failed" => EventType::ParserFailed,
        "status.updated" => EventType::StatusUpdated,
        "health.check" => EventType::HealthCheck,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_are_mapped_and_unknown_ones_are_not() {
        assert_eq!(from_legacy("network.notifi.lambda.build.complete"), Some(EventType::BuildCompleted));
        assert_eq!(from_legacy("network.notifi.lambda.build.start"), Some(EventType::CommandBuildStart));
        assert_eq!(from_legacy("network.notifi.lambda.nonsense"), None);
        assert_eq!(from_legacy("io.knative.lambda.build.start"), None);
    }
}
