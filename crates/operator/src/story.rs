//! Kubernetes Events on the function, so that `kubectl describe` tells its story. They are a convenience: one task
//! writes them, no reconcile waits for it, and what is too much at once is dropped.

use std::time::Duration;

use domain::{
    event::{
        BuildEnded, BuildStarted, CloudEvent, EventType, FunctionChanged, ServiceChanged, StatusUpdated,
    },
    function::{FunctionStatus, LambdaFunction, Phase},
};
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::{Api, Client, Resource, ResourceExt, api::PostParams};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::function::REFUSED;

/// More than that at once are dropped.
const QUEUE: usize = 4096;
/// Who reports.
const COMPONENT: &str = "knative-lambda-operator";

/// Takes what happened; cheap to clone.
#[derive(Clone)]
pub(crate) struct Story(mpsc::Sender<Event>);

/// One sentence of the story.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    warning: bool,
    reason: String,
    message: String,
}

/// The story and the task that writes it down.
pub(crate) fn story(client: Client, stop: CancellationToken) -> (Story, impl Future<Output = ()>) {
    let (sender, mut receiver) = mpsc::channel::<Event>(QUEUE);
    let writing = async move {
        while let Some(Some(event)) = stop.run_until_cancelled(receiver.recv()).await {
            let namespace = event.namespace().unwrap_or_default();
            let events = Api::<Event>::namespaced(client.clone(), &namespace);
            if let Err(error) = events.create(&PostParams::default(), &event).await {
                tracing::debug!(%error, "a Kubernetes Event could not be written");
            }
        }
    };
    (Story(sender), writing)
}

impl Story {
    /// Tells what a new status has that the function did not.
    pub(crate) fn tell(&self, function: &LambdaFunction, next: &FunctionStatus) {
        let told = function.status.as_ref().map_or(0, |status| status.event_sequence);
        let pending = next.pending_events.iter().map(|pending| &pending.event);
        let new = pending.filter(|event| event.sequence().is_some_and(|sequence| sequence > told));
        for (event, sentence) in new.filter_map(|event| Some((event, sentence(event)?))) {
            let _ = self.0.try_send(record(function, event, sentence));
        }
    }
}

/// Named after the event, so that telling it twice is refused as there already.
fn record(function: &LambdaFunction, event: &CloudEvent, sentence: Sentence) -> Event {
    let now = Time(jiff::Timestamp::now());
    Event {
        metadata: ObjectMeta {
            name: Some(format!("{}.{}", function.name_any(), event.id)),
            namespace: function.namespace(),
            ..ObjectMeta::default()
        },
        involved_object: ObjectReference { field_path: None, ..function.object_ref(&()) },
        type_: Some(if sentence.warning { "Warning" } else { "Normal" }.to_owned()),
        reason: Some(sentence.reason),
        message: Some(sentence.message),
        source: Some(EventSource { component: Some(COMPONENT.to_owned()), host: None }),
        reporting_component: Some(COMPONENT.to_owned()),
        count: Some(1),
        first_timestamp: Some(now.clone()),
        last_timestamp: Some(now),
        ..Event::default()
    }
}

fn data<T: DeserializeOwned>(event: &CloudEvent) -> Option<T> {
    serde_json::from_value(event.data.clone()?).ok()
}

/// What people are told of it; `None` for what another event tells already.
fn sentence(event: &CloudEvent) -> Option<Sentence> {
    let kind = EventType::parse(&event.kind)?;
    let say = |warning: bool, reason: &str, message: String| {
        Some(Sentence { warning, reason: reason.to_owned(), message })
    };
    match kind {
        EventType::FunctionCreated | EventType::FunctionUpdated => {
            let changed: FunctionChanged = data(event)?;
            let reason = if kind == EventType::FunctionCreated { "Created" } else { "Updated" };
            say(false, reason, format!("Generation {} was seen.", changed.generation))
        }
        EventType::BuildStarted => {
            let build: BuildStarted = data(event)?;
            say(false, "BuildStarted", format!("The Job {} builds the image.", build.build_id))
        }
        EventType::BuildCompleted => {
            let build: BuildEnded = data(event)?;
            let took =
                Duration::from_millis(build.duration_ms.unwrap_or_default().try_into().unwrap_or_default());
            let (image, seconds) = (build.image?, took.as_secs_f64());
            say(false, "BuildCompleted", format!("{} made {image} in {seconds:.1} s.", build.build_id))
        }
        EventType::BuildFailed
        | EventType::BuildTimeout
        | EventType::BuildCancelled
        | EventType::BuildStopped => {
            let build: BuildEnded = data(event)?;
            let reason = match kind {
                EventType::BuildTimeout => "BuildTimeout",
                EventType::BuildCancelled => "BuildCancelled",
                EventType::BuildStopped => "BuildStopped",
                _ => "BuildFailed",
            };
            let failed = matches!(kind, EventType::BuildFailed | EventType::BuildTimeout);
            say(failed, reason, format!("{}: {}", build.build_id, build.message.unwrap_or_default()))
        }
        EventType::ServiceCreated | EventType::ServiceUpdated => {
            let service: ServiceChanged = data(event)?;
            say(false, "Deployed", format!("The Service {} runs {}.", service.service, service.image))
        }
        EventType::StatusUpdated => {
            let status: StatusUpdated = data(event)?;
            match status.phase {
                Phase::Ready => say(false, "Ready", "The function answers.".to_owned()),
                // What became of a build has been told.
                Phase::Failed if status.from != Some(Phase::Building) || status.reason == REFUSED => {
                    say(true, &status.reason, status.message)
                }
                Phase::Pending if !status.message.is_empty() => say(false, &status.reason, status.message),
                _ => None,
            }
        }
        _ => None,
    }
}
