//! One event's whole life, gathered from the timeline, the dead letters and the replays.

use domain::{
    CorrelationId, FunctionName, TenantName, Timestamp,
    deadletter::{DeadLetter, DeadLetterFilter},
    event::{EventLife, EventRecord, EventType, ParserEnded, Try, extension},
    identity::{Caller, Permission},
    invocation::{InvokeRequest, SavedTest},
    page::MAX_LIMIT,
};
use serde_json::Value;

use crate::{Error, Platform, Result, redaction::Redact as _};

impl Platform {
    /// What became of an event.
    pub async fn event_life(&self, caller: &Caller, tenant: &TenantName, position: i64) -> Result<EventLife> {
        self.authorize(caller, tenant, Permission::Read)?;
        let record = self.store().get_event(tenant, position).await?.ok_or(Error::NotFound("event"))?;
        let event = &record.event;
        let correlation = event.correlation_id().and_then(|id| id.parse::<CorrelationId>().ok());
        let chain = match &correlation {
            Some(id) => self.store().event_chain(tenant, id.as_str()).await?,
            None => Vec::new(),
        };
        let of = DeadLetterFilter {
            correlation: correlation.as_ref().map(|id| id.as_str().to_owned()),
            ..DeadLetterFilter::default()
        };
        let mut dead_letters = self.store().list_dead_letters(tenant, &of, None, MAX_LIMIT).await?.items;
        dead_letters.retain(|letter| letter.event.source == event.source && letter.event.id == event.id);
        let caused = |answer: &&EventRecord| {
            let kind = answer.event.event_type();
            matches!(kind, Some(EventType::ResponseSuccess | EventType::ResponseError))
                && causation(answer) == Some(&*event.id)
        };
        let mut tries: Vec<Try> =
            chain.iter().filter(|record| causation(record) == Some(&*event.id)).filter_map(tried).collect();
        let answers: Vec<EventRecord> = chain.iter().filter(caused).cloned().collect();
        for at in 0..tries.len() {
            tries[at].next_at = self.next_try(tenant, &tries, at, &answers, &dead_letters);
        }
        Ok(EventLife {
            triggers: self.triggers(tenant, event),
            tries,
            answers: answers.redacted(),
            replays: self.store().list_replays(tenant, &event.source, &event.id).await?.redacted(),
            dead_letters: dead_letters.redacted(),
            record: record.redacted(),
        })
    }

    /// When the try after the one at `at` began; when the event waits for it, when it will.
    fn next_try(
        &self,
        tenant: &TenantName,
        tries: &[Try],
        at: usize,
        answers: &[EventRecord],
        dead: &[DeadLetter],
    ) -> Option<Timestamp> {
        let this = tries.get(at)?;
        let of_function = |other: &&Try| other.function == this.function;
        if let Some(next) = tries.get(at + 1..)?.iter().find(of_function) {
            let took = next.queue_ms + next.run_ms;
            return (next.attempt == this.attempt + 1).then(|| next.at.plus_millis(-(took as i64)));
        }
        let over = answers.iter().any(|answer| answer.function.as_ref() == Some(&this.function))
            || dead.iter().any(|letter| letter.function.as_ref() == Some(&this.function));
        let may_help = this.status >= 500 || matches!(this.status, 408 | 429);
        if over || !may_help {
            return None;
        }
        let function = self.cache().function(tenant, &this.function)?;
        let settings = function.spec.eventing.as_ref().and_then(|eventing| eventing.dlq.as_ref());
        let retry = settings.map(bus::Retry::from).unwrap_or_default();
        let attempt = u32::try_from(this.attempt).ok()?;
        let again = retry.attempts.is_none_or(|most| attempt < most);
        again.then(|| this.at.plus_millis(retry.delay_after(attempt)))
    }

    /// Saves an event as a request that tests the function with it.
    pub async fn capture_event(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
        function: &FunctionName,
        name: &str,
    ) -> Result<SavedTest> {
        self.authorize(caller, tenant, Permission::Write)?;
        let record = self.get_event(caller, tenant, position).await?;
        let body = serde_json::to_string_pretty(&record.event).map_err(Error::internal)?;
        let request = InvokeRequest {
            content_type: "application/cloudevents+json".to_owned(),
            ..InvokeRequest::json(body)
        };
        self.save_test(caller, tenant, function, name, request).await
    }
}

fn causation(record: &EventRecord) -> Option<&str> {
    record.event.extension(extension::CAUSATION)
}

/// An execution that an event caused, when the record tells of one.
fn tried(record: &EventRecord) -> Option<Try> {
    let kind = record.event.event_type()?;
    if !matches!(kind, EventType::ParserCompleted | EventType::ParserFailed) {
        return None;
    }
    let data = record.event.data.clone().unwrap_or(Value::Null);
    let ended: ParserEnded = serde_json::from_value(data).ok()?;
    (ended.trigger == "event").then_some(())?;
    Some(Try {
        function: record.function.clone()?,
        attempt: ended.attempt,
        at: record.at(),
        status: ended.status,
        revision: ended.revision,
        queue_ms: ended.queue_ms,
        run_ms: ended.run_ms,
        cold_start: ended.cold_start,
        next_at: None,
        position: record.position,
    })
}
