//! Dead letters as a person handles them: read, replay, edit and replay, discard.

use domain::{
    Cursor, Page, TenantName,
    deadletter::{DeadLetter, DeadLetterFilter, ReplayRecord},
    event::{CloudEvent, check_data, extension},
    identity::{Caller, Permission},
    live::Change,
    page,
};
use serde_json::Value;

use crate::{
    Error, Platform, Result,
    redaction::{Redact as _, restore},
};

/// Replays of one event at most: what died so often is not a matter of luck.
const REPLAYS: i64 = 10;

impl Platform {
    /// Dead letters of the tenant, newest first. Reading takes none away.
    pub async fn list_dead_letters(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        cursor: Option<Cursor>,
        limit: Option<u32>,
    ) -> Result<Page<DeadLetter>> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        let page =
            self.store().list_dead_letters(tenant, filter, cursor.as_ref(), page::limit(limit)).await?;
        Ok(Page { items: page.items.redacted(), ..page })
    }

    /// One dead letter.
    pub async fn get_dead_letter(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
    ) -> Result<DeadLetter> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        Ok(self.dead_letter(tenant, position).await?.redacted())
    }

    /// Sends the event of a dead letter to its function once more, with other data when some is given;
    /// the event as it was sent. It keeps its id, so that a function that did its work already can
    /// tell, and its correlation id; what it was and who sent it is written on it.
    pub(crate) async fn replay_dead_letter_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
        data: Option<Value>,
    ) -> Result<CloudEvent> {
        self.authorize_letters(caller, tenant, Permission::Invoke)?;
        let letter = self.dead_letter(tenant, position).await?;
        let data = data.map(|mut edited| {
            if let Some(original) = &letter.event.data {
                restore(&mut edited, original);
            }
            edited
        });
        let record = self.send_again(letter, &Sender::of(caller), data).await?;
        self.store().finish_replays(tenant, std::slice::from_ref(&record), None).await?;
        self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        Ok(record.event.redacted())
    }

    /// Sends the event of a dead letter to the queue that it died in. Who calls this takes the letter from the
    /// list afterwards: a crash between the two leaves a dead letter whose replay is dropped as a double, and never
    /// an event that is nowhere.
    pub(super) async fn send_again(
        &self,
        letter: DeadLetter,
        sender: &Sender,
        data: Option<Value>,
    ) -> Result<ReplayRecord> {
        let Some(function) = &letter.function else {
            return Err(Error::refused(
                409,
                "no_function",
                "This dead letter was for no function, so there is nothing to send it to.",
                "Read what it holds, send an event of your own, and discard it.",
            ));
        };
        if self.cache().function(&letter.tenant, function).is_none() {
            return Err(Error::refused(
                409,
                "function_gone",
                "The function of this dead letter does not exist any more.",
                "Create a function of that name, or discard the dead letter.",
            ));
        }
        let event = replayed(&letter, sender, data)?;
        self.bus().publish_to(&letter.queue, &event).await?;
        Ok(ReplayRecord { letter, event, at: self.now(), by: sender.name.clone(), job: sender.job.clone() })
    }

    /// The replays of the event of a dead letter, oldest first.
    pub async fn lineage(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        event: &CloudEvent,
    ) -> Result<Vec<ReplayRecord>> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        Ok(self.store().list_replays(tenant, &event.source, &event.id).await?.redacted())
    }

    /// Throws a dead letter away.
    pub(crate) async fn discard_dead_letter_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
    ) -> Result<()> {
        self.authorize_letters(caller, tenant, Permission::Write)?;
        let there = self.store().delete_dead_letter(tenant, position).await?;
        self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        there.then_some(()).ok_or(Error::NotFound("dead letter"))
    }

    async fn dead_letter(&self, tenant: &TenantName, position: i64) -> Result<DeadLetter> {
        self.store().get_dead_letter(tenant, position).await?.ok_or(Error::NotFound("dead letter"))
    }
}

/// Who sends, and within which job.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) job: Option<String>,
}

impl Sender {
    fn of(caller: &Caller) -> Self {
        Self { id: caller.user.id.clone(), name: caller.user.name.clone(), job: None }
    }
}

fn replayed(letter: &DeadLetter, sender: &Sender, data: Option<Value>) -> Result<CloudEvent> {
    let count = letter.replays();
    if count >= REPLAYS {
        return Err(Error::refused(
            409,
            "replayed_too_often",
            format!("This event was replayed {REPLAYS} times and died each time."),
            "Mend the function and send a new event, or discard this one.",
        ));
    }
    let mut event = letter.event.clone();
    if let Some(data) = data {
        if let Some(kind) = event.event_type() {
            check_data(kind, &data).map_err(|invalid| Error::field("data", invalid.to_string()))?;
        }
        (event.data, event.data_base64) = (Some(data), None);
        event.check_size()?;
    }
    event.extensions.remove(extension::REPLAY_JOB);
    let event = event
        .with(extension::REPLAY_OF, letter.position)
        .with(extension::REPLAY_COUNT, count + 1)
        .with(extension::REPLAYED_BY, sender.id.as_str());
    Ok(match &sender.job {
        Some(job) => event.with(extension::REPLAY_JOB, job.as_str()),
        None => event,
    })
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, deadletter::FailureKind, event::MAX_DATA_BYTES};
    use serde_json::json;

    use super::*;

    fn sender(job: Option<&str>) -> Sender {
        Sender { id: "local:ada".into(), name: "Ada".into(), job: job.map(str::to_owned) }
    }

    fn letter(count: i64) -> DeadLetter {
        let event = json!({
            "specversion": "1.0", "id": "1", "source": "test", "type": "com.acme.x", "subject": "acme/f",
            "correlationid": "c-1", "replaycount": count, "data": {"n": 1},
        });
        DeadLetter {
            position: 7,
            tenant: "acme".parse().unwrap(),
            function: Some("f".parse().unwrap()),
            queue: "fn.acme.f".into(),
            kind: FailureKind::Permanent,
            reason: "bad".into(),
            attempts: Vec::new(),
            died_at: Timestamp::from_millis(1),
            event: serde_json::from_value(event).unwrap(),
        }
    }

    #[test]
    fn a_replay_is_the_same_event_and_tells_where_it_comes_from() {
        let event = replayed(&letter(2), &sender(Some("j-1")), None).unwrap();
        let event = serde_json::to_value(&event).unwrap();
        assert_eq!((&event["id"], &event["correlationid"]), (&json!("1"), &json!("c-1")));
        assert_eq!(event["replayjob"], "j-1");
        assert_eq!((&event["replayof"], &event["replaycount"]), (&json!(7), &json!(3)));
        assert_eq!((&event["replayedby"], &event["data"]), (&json!("local:ada"), &json!({"n": 1})));
    }

    #[test]
    fn an_edited_replay_carries_the_new_data() {
        let event = replayed(&letter(0), &sender(None), Some(json!({"n": 2}))).unwrap();
        assert_eq!(event.data, Some(json!({"n": 2})));
        let huge = json!("x".repeat(MAX_DATA_BYTES));
        let refused = replayed(&letter(0), &sender(None), Some(huge)).unwrap_err();
        assert!(matches!(refused, Error::Refused { code: "event_too_large", .. }), "{refused:?}");
    }

    #[test]
    fn an_event_with_as_many_attributes_as_it_may_have_could_not_be_replayed() {
        let mut full = letter(0);
        full.event.extensions.insert("replaycount".to_owned(), 0.into());
        for number in 0.. {
            let more = full.event.clone().with(&format!("x{number}"), "x".repeat(1000));
            if more.check_sent_size().is_err() {
                break;
            }
            full.event = more;
        }
        full.event = full.event.with("tenant", "a".repeat(63));
        let sender = Sender { id: "u".repeat(1024), ..sender(Some(&"j".repeat(36))) };
        replayed(&full, &sender, None).unwrap().check_size().unwrap();
    }

    #[test]
    fn what_died_after_ten_replays_is_not_replayed_again() {
        let refused = replayed(&letter(REPLAYS), &sender(None), None).unwrap_err();
        assert!(matches!(refused, Error::Refused { code: "replayed_too_often", .. }), "{refused:?}");
    }
}
