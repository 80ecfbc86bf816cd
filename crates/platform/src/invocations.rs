//! Calls of functions: those that the platform makes for a person, and all that the gateway observed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use domain::{
    FunctionName, TenantName, Timestamp,
    event::{CloudEvent, EventType, ParserEnded, ParserStarted, extension},
    identity::{Caller, Permission},
    invocation::{Invocation, InvokeRequest, InvokeResult},
};
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{CallTag, Error, ObservedCall, Platform, Rate, Result};

/// How much longer than its function may take a call by a person is waited for: a start from zero, and what the function
/// itself says of its time-out.
const GRACE: Duration = Duration::from_secs(10);
/// Most bytes of an answer that are shown.
const SHOWN: usize = 1024 * 1024;
/// Most bytes that are sent.
const SENT: usize = 10 * 1024 * 1024;
/// Headers that are the gateway's business.
const NOT_PASSED: [&str; 7] =
    ["host", "connection", "content-length", "transfer-encoding", "upgrade", "cookie", "x-correlation-id"];
/// Calls of one function that become events; above it only rows, so that a busy function does not
/// drown the timeline.
const EVENT_RATE: Rate = Rate { per_minute: 20 * 60, burst: 200 };
/// Calls per commit, and how long a commit waits for more.
const AT_ONCE: usize = 500;
const PAUSE: Duration = Duration::from_millis(50);
/// Longest wait before calls that were not kept are tried again.
const LONGEST: Duration = Duration::from_secs(5);

/// What made a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Someone from outside.
    Http,
    /// A person, through the platform.
    Test,
    /// An event of the function's queue.
    Event {
        /// From 1.
        attempt: u32,
        /// Id of the event.
        cause: String,
    },
}

impl Trigger {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Test => "test",
            Self::Event { .. } => "event",
        }
    }

    fn attempt(&self) -> i32 {
        match self {
            Self::Event { attempt, .. } => i32::try_from(*attempt).unwrap_or(i32::MAX),
            _ => 1,
        }
    }
}

/// Calls that the platform makes itself, until the gateway has told of their end; by tag, which is by time.
#[derive(Default)]
pub(crate) struct Announced(Mutex<BTreeMap<Arc<str>, Trigger>>);

/// Above this many, the oldest are not worth keeping: the gateway lost them.
const MOST_ANNOUNCED: usize = 10_000;

impl Announced {
    fn add(&self, trigger: Trigger) -> CallTag {
        let tag: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        let mut announced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if announced.len() >= MOST_ANNOUNCED {
            announced.pop_first();
        }
        announced.insert(tag.clone(), trigger);
        CallTag(tag)
    }

    fn take(&self, tag: &CallTag) -> Option<Trigger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&tag.0)
    }
}

impl Platform {
    /// Calls a function and waits for its answer.
    pub(crate) async fn invoke_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        request: InvokeRequest,
        body: Bytes,
    ) -> Result<InvokeResult> {
        self.authorize(caller, tenant, Permission::Invoke)?;
        let function = self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
        let limit = Duration::from_secs(function.spec.timeout_seconds.unsigned_abs()) + GRACE;
        let correlation = caller.correlation_id.to_string();
        let mut request = outgoing(&request, body, &correlation)?;
        let started = self.now();
        self.announce(&mut request, Trigger::Test);
        let call = async {
            let answer = self.gateway().call(tenant, name, request).await;
            let (head, body) = answer.response.into_parts();
            let (bytes, truncated) = read(body).await;
            (head, answer.facts, bytes, truncated)
        };
        let Ok((head, facts, bytes, truncated)) = tokio::time::timeout(limit, call).await else {
            return Err(Error::refused(
                504,
                "call_timeout",
                format!("The function did not answer within {} seconds.", limit.as_secs()),
                "Look at its log; a function that works for long is better called by an event.",
            ));
        };
        let total_ms = self.now().millis_since(started) as f64;
        let queue_ms = facts.as_ref().map_or(0.0, |facts| facts.queue_ms);
        let (body, binary) = match String::from_utf8(bytes.to_vec()) {
            Ok(text) => (text, false),
            Err(_) => (STANDARD.encode(&bytes), true),
        };
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        Ok(InvokeResult {
            invocation_id: correlation.clone(),
            status: head.status.as_u16(),
            headers: head.headers.iter().filter_map(header).collect(),
            body,
            binary,
            truncated,
            revision: facts.as_ref().map(|facts| facts.revision.clone()),
            queue_ms,
            run_ms: (total_ms - queue_ms).max(0.0),
            total_ms,
            cold_start: facts.and_then(|facts| facts.cold_start),
            correlation_id: correlation,
        })
    }

    /// Notes what makes a call, for when the gateway tells of it.
    pub(crate) fn announce(&self, request: &mut http::Request<Bytes>, trigger: Trigger) {
        request.extensions_mut().insert(self.announced().add(trigger));
    }

    fn trigger_of(&self, call: &ObservedCall) -> Trigger {
        call.tag.as_ref().and_then(|tag| self.announced().take(tag)).unwrap_or(Trigger::Http)
    }

    /// Keeps observed calls as rows and events until `stop`; whoever sends them is never slowed: a full
    /// channel drops.
    pub async fn run_calls(self, mut calls: mpsc::Receiver<ObservedCall>, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(AT_ONCE);
        while let Some(count) = stop.run_until_cancelled(calls.recv_many(&mut batch, AT_ONCE)).await {
            if count == 0 {
                return;
            }
            self.keep_calls(std::mem::take(&mut batch), &stop).await;
            if count < AT_ONCE {
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
        calls.close();
        while calls.recv_many(&mut batch, AT_ONCE).await > 0 {
            self.keep_calls(std::mem::take(&mut batch), &stop).await;
        }
    }

    /// Tries until they are kept, or `stop`: meanwhile those that come wait in the channel, and drop when it is full.
    async fn keep_calls(&self, calls: Vec<ObservedCall>, stop: &CancellationToken) {
        let (rows, events) = self.told(calls);
        let mut wait = PAUSE;
        while let Err(error) = self.append_calls(&rows, &events).await {
            if stop.is_cancelled() || !error.is_passing() {
                metrics::counter!("knative_lambda_observed_calls_dropped_total").increment(rows.len() as u64);
                tracing::error!(%error, calls = rows.len(), "observed calls were not kept");
                return;
            }
            tracing::warn!(%error, "observed calls can not be kept at the moment and wait");
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
            wait = (wait * 2).min(LONGEST);
        }
    }

    async fn append_calls(&self, rows: &[Invocation], events: &[CloudEvent]) -> Result<()> {
        self.store().append_invocations(rows).await?;
        // In order: a call's start before its end.
        Ok(self.bus().publish_all(bus::Exchange::Events, events).await?)
    }

    /// Calls as rows and events.
    fn told(&self, calls: Vec<ObservedCall>) -> (Vec<Invocation>, Vec<CloudEvent>) {
        let mut rows = Vec::with_capacity(calls.len());
        let mut events = Vec::new();
        for call in calls {
            // Also of a function that is gone: who announced it does not wait for it.
            let trigger = self.trigger_of(&call);
            if self.cache().function(&call.tenant, &call.function).is_none() {
                continue;
            }
            let id = match trigger {
                Trigger::Test => call.correlation_id.clone(),
                _ => uuid::Uuid::now_v7().to_string(),
            };
            let key = format!("calls/{}/{}", call.tenant, call.function);
            if self.limits().take(key, EVENT_RATE, self.now()).is_ok() {
                events.extend(execution(&call, &id, &trigger));
            }
            rows.push(Invocation {
                id,
                tenant: call.tenant,
                function: call.function,
                trigger: trigger.as_str().to_owned(),
                revision: call.revision,
                pod: call.pod,
                at: call.at,
                method: call.method,
                status: call.status,
                queue_ms: call.queue_ms,
                run_ms: call.run_ms,
                cold_start: call.cold_start,
                correlation_id: call.correlation_id,
            });
        }
        (rows, events)
    }
}

/// The two events of one execution.
fn execution(call: &ObservedCall, id: &str, trigger: &Trigger) -> [CloudEvent; 2] {
    let failed = call.status >= 500 || call.failure.is_some();
    let kind = if failed { EventType::ParserFailed } else { EventType::ParserCompleted };
    let started = ParserStarted {
        invocation_id: id.to_owned(),
        trigger: trigger.as_str().to_owned(),
        attempt: trigger.attempt(),
    };
    let ended = ParserEnded {
        invocation_id: id.to_owned(),
        trigger: trigger.as_str().to_owned(),
        attempt: trigger.attempt(),
        status: call.status,
        revision: call.revision.clone(),
        queue_ms: call.queue_ms,
        run_ms: call.run_ms,
        cold_start: call.cold_start.is_some(),
        error_type: failed
            .then(|| call.failure.map_or_else(|| format!("HTTP{}", call.status), str::to_owned)),
        error_message: failed.then(|| why(call)),
    };
    let end = call.at.plus_millis((call.queue_ms + call.run_ms) as i64);
    let caused = |event: CloudEvent| match trigger {
        Trigger::Event { cause, .. } => event.with(extension::CAUSATION, cause.as_str()),
        Trigger::Http | Trigger::Test => event,
    };
    [
        caused(about(EventType::ParserStarted, call, format!("{id}-started"), call.at, &started)),
        caused(about(kind, call, format!("{id}-ended"), end, &ended)),
    ]
}

/// In words.
fn why(call: &ObservedCall) -> String {
    match call.failure {
        Some("CallerGone") => "The caller left before the function had answered.".to_owned(),
        Some("TimedOut") => "The function did not answer in time.".to_owned(),
        Some("BrokenOff") => "The function broke off its answer.".to_owned(),
        Some("Refused") => format!("No instance took the call; it was answered with status {}.", call.status),
        _ => format!("The call was answered with status {}.", call.status),
    }
}

fn about(
    kind: EventType,
    call: &ObservedCall,
    id: String,
    at: Timestamp,
    data: &impl serde::Serialize,
) -> CloudEvent {
    CloudEvent::about(kind, "gateway", &call.tenant, &call.function, id, at, data)
        .with(extension::CORRELATION, call.correlation_id.as_str())
}

fn outgoing(request: &InvokeRequest, body: Bytes, correlation: &str) -> Result<http::Request<Bytes>> {
    if body.len() > SENT {
        return Err(Error::refused(
            413,
            "body_too_large",
            "The body is larger than 10 MiB.",
            "Put large data into a bucket and send its address.",
        ));
    }
    let method = http::Method::from_bytes(request.method.to_uppercase().as_bytes())
        .map_err(|_| Error::field("method", "Write a method, for example POST."))?;
    if !request.path.starts_with('/') {
        return Err(Error::field("path", "A path begins with /."));
    }
    let mut builder = http::Request::builder().method(method).uri(&request.path);
    for (name, value) in &request.headers {
        let name = name.to_lowercase();
        if !NOT_PASSED.contains(&name.as_str()) && name != "content-type" {
            builder = builder.header(name, value);
        }
    }
    builder
        .header(http::header::CONTENT_TYPE, &request.content_type)
        .header("x-correlation-id", correlation)
        .body(body)
        .map_err(|error| Error::field("request", format!("This is not a request that can be sent: {error}.")))
}

/// The body as far as it is shown; what comes after is not waited for.
pub(crate) async fn read(mut body: crate::AnswerBody) -> (Bytes, bool) {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (bytes.freeze(), true) };
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > SHOWN {
            bytes.truncate(SHOWN);
            return (bytes.freeze(), true);
        }
    }
    (bytes.freeze(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_the_gateway_lost_do_not_push_out_those_that_run() {
        let announced = Announced::default();
        let lost = announced.add(Trigger::Test);
        let running: Vec<_> = (0..MOST_ANNOUNCED).map(|_| announced.add(Trigger::Test)).collect();
        assert_eq!(announced.take(&lost), None);
        assert!(running.iter().all(|tag| announced.take(tag) == Some(Trigger::Test)));
    }

    #[test]
    fn the_platforms_own_headers_can_not_be_forged() {
        let mut request = InvokeRequest::json("{}");
        request.headers = vec![
            ("Host".into(), "evil".into()),
            ("Cookie".into(), "session=1".into()),
            ("X-Correlation-Id".into(), "forged".into()),
            ("X-Mine".into(), "kept".into()),
        ];
        let sent = outgoing(&request, Bytes::from("{}"), "c-1").unwrap();
        assert_eq!(sent.headers()["x-correlation-id"], "c-1");
        assert_eq!(sent.headers()["x-mine"], "kept");
        assert!(!sent.headers().contains_key("host") && !sent.headers().contains_key("cookie"));
    }

    #[test]
    fn a_path_that_is_no_path_is_a_field_error() {
        let request = InvokeRequest { path: "http://169.254.169.254/".into(), ..InvokeRequest::json("{}") };
        assert!(matches!(outgoing(&request, Bytes::new(), "c"), Err(Error::Invalid(_))));
    }
}
