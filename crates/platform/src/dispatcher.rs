//! Calls functions with the events of their queues: attempts, backoff, answers, dead letters.

use std::{collections::HashMap, time::Duration};

use bus::Delivery;
use bytes::Bytes;
use domain::{
    FunctionName, TenantName, Timestamp,
    deadletter::Attempt,
    event::{CloudEvent, EventType, MAX_DATA_BYTES, ResponseError, ResponseSuccess, extension},
    live::Change,
};
use futures::StreamExt;
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    Platform, Result,
    invocations::{Trigger, read},
};

/// Events of one function on their way at once.
const PREFETCH: u16 = 20;
/// Name space of the ids of answers.
const ANSWERS: Uuid = Uuid::from_u128(0x6b6e_6174_6976_652d_616e_7377_6572_7331);
/// Bytes of each text in which a function tells why it failed.
const SAID: usize = 32 * 1024;
/// How often the functions with a queue are looked at when nothing tells of a change.
const LOOK: Duration = Duration::from_secs(5);

impl Platform {
    /// Keeps one consumer per function until `stop`; a call that runs then is waited for.
    pub async fn run_dispatcher(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut running: HashMap<(TenantName, FunctionName), tokio::task::JoinHandle<()>> = HashMap::new();
        let functions = |(_, change): &(u64, Change)| {
            std::future::ready(matches!(change, Change::Function { .. } | Change::Resync))
        };
        let mut changes = Box::pin(self.live().follow(None).filter(functions));
        loop {
            running.retain(|_, task| !task.is_finished());
            for (tenant, function) in self.cache().names() {
                running.entry((tenant.clone(), function.clone())).or_insert_with(|| {
                    tasks.spawn(self.clone().consume_function(tenant, function, stop.clone()))
                });
            }
            tokio::select! {
                () = stop.cancelled() => break,
                _ = changes.next() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Until the queue is deleted; a queue that is not there yet is looked for again.
    async fn consume_function(self, tenant: TenantName, function: FunctionName, stop: CancellationToken) {
        let queue = bus::name::function(&tenant, &function);
        let consumer = match self.bus().consume(&queue, PREFETCH).await {
            Ok(consumer) => consumer,
            Err(error) => {
                tracing::debug!(%error, queue, "the queue can not be consumed yet");
                stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
                return;
            }
        };
        let deliveries = consumer.take_until(stop.clone().cancelled_owned()).map(|delivery| {
            let (platform, tenant, function) = (self.clone(), tenant.clone(), function.clone());
            let stopped = stop.clone();
            async move {
                // An event for a suspended tenant waits: it is neither lost nor counted as a try.
                match stopped.run_until_cancelled(platform.resumed(&tenant)).await {
                    Some(()) => platform.deliver(&tenant, &function, delivery).await,
                    None => Ok(()),
                }
            }
        });
        let mut calls = std::pin::pin!(deliveries.buffer_unordered(PREFETCH.into()));
        while let Some(done) = calls.next().await {
            if let Err(error) = done {
                tracing::warn!(%error, queue, "an event will be delivered again");
            }
        }
    }

    async fn deliver(&self, tenant: &TenantName, function: &FunctionName, delivery: Delivery) -> Result<()> {
        let started = self.now();
        let called = self.call_with_event(tenant, function, &delivery.event, delivery.attempt).await;
        let took = self.now().millis_since(started);
        let failed = match called.and_then(Failed::unless_an_event) {
            Ok(answer) => {
                let event = answer_event(
                    "function",
                    tenant,
                    function,
                    &delivery.event,
                    EventType::ResponseSuccess,
                    self.now(),
                    &answer,
                );
                self.bus().publish(bus::Exchange::Events, &event).await?;
                delivery.ack().await?;
                return Ok(());
            }
            Err(failed) => failed,
        };
        let attempt = Attempt {
            number: i32::try_from(delivery.attempt).unwrap_or(i32::MAX),
            at: started,
            status: failed.status,
            duration_ms: took as f64,
            reason: failed.error.message.clone(),
        };
        if !failed.transient || delivery.last {
            let event = answer_event(
                "function",
                tenant,
                function,
                &delivery.event,
                EventType::ResponseError,
                self.now(),
                &failed.error,
            );
            self.bus().publish(bus::Exchange::Events, &event).await?;
        }
        if failed.transient {
            delivery.retry(attempt).await?;
        } else {
            delivery.reject(attempt).await?;
        }
        Ok(())
    }

    async fn call_with_event(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        event: &CloudEvent,
        attempt: u32,
    ) -> std::result::Result<ResponseSuccess, Failed> {
        let correlation = event.correlation_id().unwrap_or(&event.id).to_owned();
        let hops = hops(event) + 1;
        let body =
            serde_json::to_vec(&event.clone().with(extension::HOPS, hops)).map_err(Failed::unsendable)?;
        let mut request = http::Request::post("/")
            .header(http::header::CONTENT_TYPE, "application/cloudevents+json")
            .header("x-correlation-id", &correlation)
            .body(Bytes::from(body))
            .map_err(Failed::unsendable)?;
        self.announce(&mut request, Trigger::Event { attempt, cause: event.id.clone() });
        let answer = self.gateway().call(tenant, function, request).await;
        let status = answer.response.status();
        let (parts, body) = answer.response.into_parts();
        let (bytes, _) = read(body).await;
        let structured = parts
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/cloudevents+json"));
        let value = match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut value) if structured => value.get_mut("data").map_or(Value::Null, Value::take),
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        if status.is_success() {
            return Ok(ResponseSuccess(value));
        }
        // Without facts it was the gateway that answered: the function is not deployed (any more), or full.
        let transient =
            answer.facts.is_none() || status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        let mut error =
            serde_json::from_value::<ResponseError>(value.clone()).unwrap_or_else(|_| ResponseError {
                kind: format!("HTTP{}", status.as_u16()),
                message: value
                    .get("title")
                    .and_then(Value::as_str)
                    .map_or_else(|| format!("The function answered {status}."), str::to_owned),
                stack: None,
                retryable: transient,
            });
        for text in [Some(&mut error.kind), Some(&mut error.message), error.stack.as_mut()] {
            text.map(shorten);
        }
        Err(Failed { status: Some(status.as_u16()), transient, error })
    }
}

/// Cuts what a function says of its failure to what an event, a row and a person can take.
fn shorten(text: &mut String) {
    let end = text.floor_char_boundary(SAID);
    if end < text.len() {
        text.truncate(end);
        text.push('…');
    }
}

/// How many functions the event has passed through: a function that sends on what it got keeps the count.
pub(crate) fn hops(event: &CloudEvent) -> i64 {
    event.integer(extension::HOPS).unwrap_or_default()
}

struct Failed {
    status: Option<u16>,
    transient: bool,
    error: ResponseError,
}

impl Failed {
    /// An answer that is larger than an event's data may be: to call the function once more would not help.
    fn unless_an_event(answer: ResponseSuccess) -> std::result::Result<ResponseSuccess, Self> {
        let bytes = answer.0.to_string().len();
        if bytes <= MAX_DATA_BYTES {
            return Ok(answer);
        }
        let error = ResponseError {
            kind: "AnswerTooLarge".to_owned(),
            message: format!("The answer has {bytes} bytes; an event may carry {MAX_DATA_BYTES}."),
            stack: None,
            retryable: false,
        };
        Err(Self { status: None, transient: false, error })
    }

    /// The event itself can not be sent.
    fn unsendable(cause: impl std::fmt::Display) -> Self {
        let kind = "InvalidEvent".to_owned();
        let error = ResponseError { kind, message: cause.to_string(), stack: None, retryable: false };
        Self { status: None, transient: false, error }
    }
}

/// The answer to an event: same correlation id, and an id of its own that is the same at every try and
/// another for every event, replay and outcome: a duplicate would be dropped, and the story end without it.
pub(crate) fn answer_event(
    component: &str,
    tenant: &TenantName,
    function: &FunctionName,
    cause: &CloudEvent,
    kind: EventType,
    now: Timestamp,
    data: &impl serde::Serialize,
) -> CloudEvent {
    let replay = cause.integer(extension::REPLAY_COUNT).unwrap_or_default();
    let name = format!("{}\0{}\0{replay}\0{kind}", cause.source, cause.id);
    let id = Uuid::new_v5(&ANSWERS, name.as_bytes()).to_string();
    let event = CloudEvent::about(kind, component, tenant, function, id, now, data)
        .with(extension::CORRELATION, cause.correlation_id().unwrap_or(&cause.id))
        .with(extension::CAUSATION, cause.id.as_str());
    match cause.extension(extension::TRACEPARENT) {
        Some(trace) => event.with(extension::TRACEPARENT, trace),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer_id(source: &str, replay: Option<i64>, kind: EventType) -> String {
        let mut event: CloudEvent = serde_json::from_value(
            json!({"specversion": "1.0", "id": "1", "source": source, "type": "com.acme.x"}),
        )
        .unwrap();
        if let Some(count) = replay {
            event = event.with(extension::REPLAY_COUNT, count);
        }
        let (tenant, function) = ("acme".parse().unwrap(), "f".parse().unwrap());
        answer_event(
            "function",
            &tenant,
            &function,
            &event,
            kind,
            Timestamp::from_millis(1),
            &ResponseSuccess(json!(1)),
        )
        .id
    }

    #[test]
    fn an_answer_that_is_too_large_for_an_event_had_the_function_called_again_and_again() {
        let answer = ResponseSuccess("x".repeat(MAX_DATA_BYTES).into());
        let failed = Failed::unless_an_event(answer).err().unwrap();
        assert!(!failed.transient && failed.error.kind == "AnswerTooLarge");
        assert!(Failed::unless_an_event(ResponseSuccess(json!("x"))).is_ok());
        let mut said = "ä".repeat(SAID);
        shorten(&mut said);
        assert!(said.len() <= SAID + 3 && said.ends_with('…'));
    }

    #[test]
    fn answers_to_equal_ids_of_two_sources_and_to_a_replay_are_different_events() {
        let first = answer_id("a", None, EventType::ResponseSuccess);
        assert_eq!(first, answer_id("a", None, EventType::ResponseSuccess), "the same try again is the same");
        for other in [
            answer_id("b", None, EventType::ResponseSuccess),
            answer_id("a", Some(1), EventType::ResponseSuccess),
            answer_id("a", None, EventType::ResponseError),
        ] {
            assert_ne!(first, other);
        }
    }
}
