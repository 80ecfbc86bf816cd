//! A status in the making: each change of it together with its event.

use domain::{
    CorrelationId, FunctionName, TenantName, Timestamp,
    build::BuildReport,
    event::{BuildEnded, BuildStarted, CloudEvent, EventType, StatusUpdated, extension},
    function::{
        ANNOTATION_BUILD_REQUEST, ANNOTATION_CORRELATION, BuildError, BuildStatus, Condition,
        ConditionStatus, FunctionStatus, LambdaFunction, PendingEvent, Phase,
    },
};
use kube::ResourceExt;
use serde::Serialize;

use crate::function::build::NewBuild;

/// The component in the events' source.
const COMPONENT: &str = "operator";

/// The intention that the present spec follows: what the client wrote on the object, or one of its own
/// for every generation.
pub(crate) fn correlation_id(function: &LambdaFunction) -> CorrelationId {
    let given = function.annotations().get(ANNOTATION_CORRELATION).and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| {
        let generation = function.metadata.generation.unwrap_or_default();
        let own = format!("{}-g{generation}", function.uid().unwrap_or_default());
        own.parse().expect("a uid and a number are letters, digits and hyphens")
    })
}

/// `None`: not one of the platform's names, so that nobody could be told about it.
fn names(function: &LambdaFunction) -> Option<(TenantName, FunctionName)> {
    let tenant = function.namespace()?.parse().ok()?;
    Some((tenant, function.name_any().parse().ok()?))
}

/// Whether the object has names of the platform's; the API server takes others as well.
pub(crate) fn is_named(function: &LambdaFunction) -> bool {
    names(function).is_some()
}

/// See the module.
pub(crate) struct Draft<'a> {
    function: &'a LambdaFunction,
    now: Timestamp,
    correlation: CorrelationId,
    status: FunctionStatus,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(function: &'a LambdaFunction, now: Timestamp) -> Self {
        let correlation = correlation_id(function);
        let mut status = function.status.clone().unwrap_or_default();
        status.correlation_id = Some(correlation.to_string());
        Self { function, now, correlation, status }
    }

    pub(crate) fn status(&self) -> &FunctionStatus {
        &self.status
    }

    pub(crate) fn status_mut(&mut self) -> &mut FunctionStatus {
        &mut self.status
    }

    pub(crate) fn finish(self) -> FunctionStatus {
        self.status
    }

    /// Into the outbox. The id is of the object and the event's number in its life, so that the same
    /// event has the same id however often it is derived and sent.
    pub(crate) fn emit(&mut self, kind: EventType, data: &impl Serialize) {
        let Some((tenant, name)) = names(self.function) else { return };
        self.status.event_sequence += 1;
        let sequence = self.status.event_sequence;
        let id = format!("{}-{sequence}", self.function.uid().unwrap_or_default());
        let event = CloudEvent::about(kind, COMPONENT, &tenant, &name, id, self.now, data)
            .correlated(&self.correlation)
            .with(extension::SEQUENCE, sequence);
        self.status.pending_events.push(PendingEvent { event });
    }

    /// Sets the phase; a change of it is an event.
    pub(crate) fn set_phase(&mut self, phase: Phase, reason: &str, message: &str) {
        let from = self.function.status.as_ref().map(|status| status.phase);
        if from == Some(phase) {
            return;
        }
        self.status.phase = phase;
        let updated = StatusUpdated { from, phase, reason: reason.to_owned(), message: message.to_owned() };
        self.emit(EventType::StatusUpdated, &updated);
    }

    /// Sets a condition; its transition time moves with its status only.
    pub(crate) fn set_condition(&mut self, kind: &str, status: ConditionStatus, reason: &str, message: &str) {
        let next = Condition {
            kind: kind.to_owned(),
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time: self.now.to_string(),
            observed_generation: self.function.metadata.generation,
        };
        match self.status.conditions.iter_mut().find(|condition| condition.kind == kind) {
            Some(old) => {
                let since = if old.status == status && old.reason == reason {
                    old.last_transition_time.clone()
                } else {
                    next.last_transition_time.clone()
                };
                *old = Condition { last_transition_time: since, ..next };
            }
            None => self.status.conditions.push(next),
        }
    }

    pub(crate) fn start_build(&mut self, build: &NewBuild) {
        self.take_up(build);
        self.status.build_status.get_or_insert_default().started_at = Some(self.now.to_string());
        let started = BuildStarted {
            build_id: build.id.to_string(),
            source_hash: build.hash.clone(),
            attempt: build.attempt,
        };
        self.emit(EventType::BuildStarted, &started);
    }

    /// A build that ends while it waits for its place: it has a number and an end, and no Job.
    pub(crate) fn withdraw_build(&mut self, build: &NewBuild, error: BuildError) {
        self.take_up(build);
        self.status.build_status.get_or_insert_default().job_name = None;
        self.fail_build(error, EventType::BuildCancelled);
    }

    /// The newest build is this one from now on, and what was asked for is obeyed.
    fn take_up(&mut self, build: &NewBuild) {
        let old = self.status.build_status.take().unwrap_or_default();
        self.status.build_status = Some(BuildStatus {
            job_name: Some(build.id.to_string()),
            build_id: Some(build.id.to_string()),
            source_hash: Some(build.hash.clone()),
            started_at: None,
            completed_at: None,
            error: None,
            attempt: build.attempt,
            number: build.number,
            // The last good image goes on running until the new one is there.
            ..old
        });
        self.status.observed_build_request =
            self.function.annotations().get(ANNOTATION_BUILD_REQUEST).cloned();
    }

    pub(crate) fn complete_build(&mut self, report: &BuildReport) {
        let Some(build) = self.status.build_status.as_mut() else { return };
        build.image_uri.clone_from(&report.image);
        build.digest.clone_from(&report.digest);
        build.image_source_hash.clone_from(&build.source_hash);
        build.error = None;
        self.end_build(EventType::BuildCompleted, None);
    }

    pub(crate) fn fail_build(&mut self, error: BuildError, kind: EventType) {
        let Some(build) = self.status.build_status.as_mut() else { return };
        let message = error.message.clone();
        build.error = Some(error);
        self.end_build(kind, Some(&message));
    }

    /// The newest build is over; tells how.
    pub(crate) fn end_build(&mut self, kind: EventType, message: Option<&str>) {
        let Some(build) = self.status.build_status.as_mut() else { return };
        build.completed_at = Some(self.now.to_string());
        let started = build.started_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
        let completed = kind == EventType::BuildCompleted;
        let ended = BuildEnded {
            build_id: build.build_id.clone().unwrap_or_default(),
            source_hash: build.source_hash.clone().unwrap_or_default(),
            attempt: build.attempt,
            duration_ms: started.map(|started| self.now.millis_since(started)),
            image: build.image_uri.clone().filter(|_| completed),
            category: build.error.as_ref().map(|error| error.code.clone()).filter(|_| !completed),
            message: message.map(str::to_owned),
        };
        self.emit(kind, &ended);
    }

    /// The newest build is over without an end of its own: nobody waits for it any more.
    pub(crate) fn stop_build(&mut self, why: &str) {
        self.end_build(EventType::BuildStopped, Some(why));
        let Some(build) = self.status.build_status.as_mut() else { return };
        if build.source_hash == build.image_source_hash {
            // A second build of the same source: the image is not of this one.
            build.source_hash = None;
        }
    }

    /// The image of this source is there already. A failed build of another one is no more to be told, and its
    /// source is tried again when it comes back.
    pub(crate) fn keep_build(&mut self, hash: &str) {
        let Some(build) = self.status.build_status.as_mut() else { return };
        if build.source_hash.as_deref() != Some(hash) && build.error.is_some() {
            build.source_hash = None;
            build.error = None;
        }
    }
}
