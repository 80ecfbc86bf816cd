//! core Events: what happened, for people. Written by one task, so that nobody waits for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::api::DeleteOptions;
use crate::handle::Handle;
use crate::registry::metadata;
use crate::registry::object::Object;

/// More than that at once are dropped: they are a convenience.
const QUEUE: usize = 1024;
/// How long an Event is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// Takes Events; cheap to clone.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::Sender<Event>);

/// One thing that happened to one object.
struct Event {
    involved: Value,
    warning: bool,
    reason: &'static str,
    message: String,
    component: &'static str,
}

/// Something that Events are about: an object, or a part of it.
pub(super) struct Subject {
    involved: Value,
    component: &'static str,
}

impl Subject {
    /// The object itself; `component` says who reports.
    pub(super) fn object(object: &Object, component: &'static str) -> Self {
        let involved = json!({
            "apiVersion": object.api_version(),
            "kind": object.kind(),
            "namespace": object.namespace(),
            "name": object.name(),
            "uid": object.uid(),
            "resourceVersion": object.resource_version(),
        });
        Self { involved, component }
    }

    /// A part of it, such as `spec.containers{main}`.
    pub(super) fn field(mut self, path: String) -> Self {
        self.involved["fieldPath"] = path.into();
        self
    }
}

impl Recorder {
    pub(super) fn normal(&self, subject: &Subject, reason: &'static str, message: impl Into<String>) {
        self.send(subject, false, reason, message.into());
    }

    pub(super) fn warning(&self, subject: &Subject, reason: &'static str, message: impl Into<String>) {
        self.send(subject, true, reason, message.into());
    }

    fn send(&self, subject: &Subject, warning: bool, reason: &'static str, message: String) {
        let (involved, component) = (subject.involved.clone(), subject.component);
        let _ = self.0.try_send(Event { involved, warning, reason, message, component });
    }
}

/// The recorder and the task that writes.
pub(super) fn recorder(handle: Handle, stop: CancellationToken) -> (Recorder, impl Future<Output = ()>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Recorder(sender), write_all(handle, receiver, stop))
}

/// What has been written already, to count repetitions instead of writing them again.
type Known = HashMap<String, (String, i64)>;

async fn write_all(handle: Handle, mut events: mpsc::Receiver<Event>, stop: CancellationToken) {
    let mut known = Known::new();
    let mut clean = tokio::time::interval(Duration::from_mins(5));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(event) = events.recv() => {
                if let Err(error) = write(&handle, &mut known, event).await {
                    tracing::debug!(%error, "an event could not be written");
                }
            }
            _ = clean.tick() => {
                known.clear();
                remove_old(&handle).await;
            }
        }
    }
}

async fn write(handle: &Handle, known: &mut Known, event: Event) -> Result<(), crate::api::status::ApiError> {
    let text = |field: &str| event.involved[field].as_str().unwrap_or_default().to_owned();
    let (namespace, involved_name) = (text("namespace"), text("name"));
    let namespace = if namespace.is_empty() { "default".to_owned() } else { namespace };
    let key = format!("{}/{}/{}/{}", text("uid"), text("fieldPath"), event.reason, event.message);
    let now = metadata::time(handle.now());
    let resource = handle.resource("", "events")?;
    if let Some((name, count)) = known.get_mut(&key) {
        *count += 1;
        let count = *count;
        let updated = handle.update(&resource, &namespace, name, |object| {
            object.set("count", count);
            object.set("lastTimestamp", now.clone());
            Ok(())
        });
        if updated.await.is_ok() {
            return Ok(());
        }
    }
    let name = format!("{involved_name}.{:016x}", rand::random::<u64>());
    let object = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": namespace, "name": name},
        "involvedObject": event.involved,
        "type": if event.warning { "Warning" } else { "Normal" },
        "reason": event.reason,
        "message": event.message,
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": event.component},
        "reportingComponent": event.component,
        "reportingInstance": "",
    });
    handle.create(object).await?;
    known.insert(key, (name, 1));
    Ok(())
}

async fn remove_old(handle: &Handle) {
    let Ok(resource) = handle.resource("", "events") else { return };
    let oldest = handle.now() - KEPT;
    for event in handle.list(&resource, None) {
        let object = Arc::clone(&event);
        let last = object.object().text("/lastTimestamp").parse::<Timestamp>();
        let made = object.object().text("/metadata/creationTimestamp").parse::<Timestamp>();
        if last.or(made).is_ok_and(|time| time < oldest) {
            let (namespace, name) = (object.object().namespace(), object.object().name());
            let _ = handle.delete(&resource, namespace, name, &DeleteOptions::default()).await;
        }
    }
}
