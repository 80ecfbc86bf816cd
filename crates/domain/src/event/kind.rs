//! The names of the event types.

use std::fmt;

/// What every type begins with.
pub const PREFIX: &str = "io.knative.lambda.";

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// A function was made, changed or deleted.
    Function,
    /// A build.
    Build,
    /// The Knative Service.
    Service,
    /// Phase and health.
    Status,
    /// One execution.
    Parser,
    /// A request.
    Command,
    /// A call by event, and its answer.
    Invocation,
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $category:ident, $label:literal;)+) => {
        /// Every type of the platform's own events.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[$doc])* $variant,)+
        }

        impl EventType {
            /// All, by category.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Name without the prefix.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is about.
            pub const fn category(self) -> Category {
                match self { $(Self::$variant => Category::$category,)+ }
            }

            /// Name for people.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

event_types! {
    /// A LambdaFunction was seen for the first time.
    FunctionCreated = "lifecycle.function.created", Function, "Function created";
    /// Its spec changed.
    FunctionUpdated = "lifecycle.function.updated", Function, "Function updated";
    /// It is gone with all that belonged to it.
    FunctionDeleted = "lifecycle.function.deleted", Function, "Function deleted";
    /// A build Job was made.
    BuildStarted = "lifecycle.build.started", Build, "Build started";
    /// An image came out.
    BuildCompleted = "lifecycle.build.completed", Build, "Build completed";
    /// The build ended with an error.
    BuildFailed = "lifecycle.build.failed", Build, "Build failed";
    /// The build took too long.
    BuildTimeout = "lifecycle.build.timeout", Build, "Build timed out";
    /// Someone asked the build to end.
    BuildCancelled = "lifecycle.build.cancelled", Build, "Build cancelled";
    /// The platform ended the build.
    BuildStopped = "lifecycle.build.stopped", Build, "Build stopped";
    /// The Knative Service was made.
    ServiceCreated = "lifecycle.service.created", Service, "Service created";
    /// A new Revision or new traffic.
    ServiceUpdated = "lifecycle.service.updated", Service, "Service updated";
    /// The Knative Service is gone.
    ServiceDeleted = "lifecycle.service.deleted", Service, "Service deleted";
    /// The phase changed.
    StatusUpdated = "lifecycle.status.updated", Status, "Phase changed";
    /// The readiness changed.
    HealthCheck = "lifecycle.health.check", Status, "Health changed";
    /// An execution began.
    ParserStarted = "lifecycle.parser.started", Parser, "Call started";
    /// An execution ended well.
    ParserCompleted = "lifecycle.parser.completed", Parser, "Call completed";
    /// An execution failed.
    ParserFailed = "lifecycle.parser.failed", Parser, "Call failed";
    /// Deploy a function.
    CommandFunctionDeploy = "command.function.deploy", Command, "Deploy requested";
    /// Go back to a Revision.
    CommandFunctionRollback = "command.function.rollback", Command, "Rollback requested";
    /// Build.
    CommandBuildStart = "command.build.start", Command, "Build requested";
    /// End a build.
    CommandBuildCancel = "command.build.cancel", Command, "Build cancel requested";
    /// Build the same source again.
    CommandBuildRetry = "command.build.retry", Command, "Build retry requested";
    /// Make the Service.
    CommandServiceCreate = "command.service.create", Command, "Service creation requested";
    /// Change the Service.
    CommandServiceUpdate = "command.service.update", Command, "Service update requested";
    /// Delete the Service.
    CommandServiceDelete = "command.service.delete", Command, "Service deletion requested";
    /// Call a function by event.
    InvokeAsync = "invoke.async", Invocation, "Asynchronous call";
    /// The function's answer.
    ResponseSuccess = "response.success", Invocation, "Answer";
    /// The function's error.
    ResponseError = "response.error", Invocation, "Error answer";
}

impl EventType {
    /// The `type` attribute.
    pub fn full_name(self) -> String {
        format!("{PREFIX}{}", self.name())
    }

    /// The type of that `type` attribute.
    pub fn parse(kind: &str) -> Option<Self> {
        let name = kind.strip_prefix(PREFIX)?;
        Self::ALL.iter().copied().find(|candidate| candidate.name() == name)
    }

    /// Whether it is one of the 17 lifecycle types.
    pub fn is_lifecycle(self) -> bool {
        !matches!(self.category(), Category::Command | Category::Invocation)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_17_lifecycle_types_and_every_name_is_distinct() {
        assert_eq!(EventType::ALL.iter().filter(|kind| kind.is_lifecycle()).count(), 17);
        let names: HashSet<_> = EventType::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), EventType::ALL.len());
    }

    #[test]
    fn every_type_is_found_by_its_full_name() {
        for kind in EventType::ALL {
            assert_eq!(EventType::parse(&kind.full_name()), Some(*kind));
        }
        assert_eq!(EventType::parse("lifecycle.function.created"), None);
    }
}
