//! Triggers by the clock: what a cron text means, and the events that it makes.

use std::{sync::Arc, time::Duration};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use domain::{
    FunctionName, TenantName, Timestamp,
    event::{CloudEvent, EventType, InvokeAsync, extension},
    function::{LambdaFunction, Runs, Schedule},
};
use jiff::{Zoned, tz::TimeZone};
use kube::ResourceExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::is_enabled;
use crate::{Platform, Result};

/// Runs that are told beforehand.
const TOLD: usize = 5;
/// A start makes up for what fell into a restart, and no more: after a night's pause nobody wants a night's runs.
const MADE_UP_MS: i64 = 60_000;
/// Runs of one schedule at one look, should the clock jump.
const AT_ONCE: usize = 100;
/// Name space of the ids of runs.
const RUNS: Uuid = Uuid::from_u128(0x6b6e_6174_6976_652d_7363_6865_6475_6c65);

/// A schedule that can be counted.
pub(super) struct Clockwork {
    cron: Cron,
    zone: TimeZone,
}

/// Which part of a schedule can not be read, and why.
pub(super) struct Unreadable {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl Clockwork {
    pub(super) fn of(schedule: &Schedule) -> std::result::Result<Self, Unreadable> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&schedule.cron).map_err(|error| Unreadable {
            field: "cron",
            message: format!("This is no schedule of five parts: {error}."),
        })?;
        let zone = TimeZone::get(&schedule.timezone).map_err(|_| Unreadable {
            field: "timezone",
            message: format!("{} is no time zone; write one as Europe/Berlin or UTC.", schedule.timezone),
        })?;
        let clockwork = Self { cron, zone };
        if clockwork.after(Timestamp::from_millis(1_767_225_600_000)).next().is_none() {
            let message = "This never comes: the day does not exist in that month.".to_owned();
            return Err(Unreadable { field: "cron", message });
        }
        Ok(clockwork)
    }

    /// The times after `since`, in order.
    fn after(&self, since: Timestamp) -> impl Iterator<Item = Zoned> + '_ {
        let mut at = jiff::Timestamp::from_millisecond(since.as_millis())
            .ok()
            .map(|at| at.to_zoned(self.zone.clone()));
        std::iter::from_fn(move || {
            let next = self.cron.find_next_occurrence(at.as_ref()?, false).ok();
            at.clone_from(&next);
            next
        })
    }

    /// What it means, and when it is next.
    pub(super) fn runs(&self, now: Timestamp) -> Runs {
        let next: Vec<Zoned> = self.after(now).take(TOLD).collect();
        Runs {
            words: self.cron.describe(),
            local: next.iter().map(|at| at.strftime("%a %Y-%m-%d %H:%M %Z").to_string()).collect(),
            next: next.iter().map(moment).collect(),
        }
    }
}

fn moment(at: &Zoned) -> Timestamp {
    Timestamp::from_millis(at.timestamp().as_millisecond())
}

impl Platform {
    /// Calls functions at their times until `stop`.
    pub async fn run_schedules(self, stop: CancellationToken) {
        let mut since = self.now().plus_millis(-MADE_UP_MS);
        while !stop.is_cancelled() {
            let now = self.now();
            match self.call_between(since, now).await {
                Ok(()) => since = now,
                // The bus is away: what was due is sent when it is back.
                Err(error) => tracing::warn!(%error, "scheduled calls wait"),
            }
            // Schedules count minutes, so that nothing can be due before the next one.
            let wait = 60_000 - self.now().as_millis().rem_euclid(60_000);
            let wait = if since == now { wait } else { wait.min(1000) };
            stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(wait.unsigned_abs()))).await;
        }
    }

    /// Everything that was due after `since` and up to `now`. A run has the same id however often it is sent.
    async fn call_between(&self, since: Timestamp, now: Timestamp) -> Result<()> {
        for tenant in self.cache().tenants() {
            for function in self.cache().functions(&tenant) {
                let Ok(name) = function.name_any().parse::<FunctionName>() else { continue };
                for event in due(&tenant, &name, &function, since, now) {
                    self.bus().publish(bus::Exchange::Events, &event).await?;
                    match self.bus().publish_to(&bus::name::function(&tenant, &name), &event).await {
                        Err(bus::Error::NoSuchQueue(queue)) => {
                            tracing::warn!(queue.name = queue, "a schedule has no queue yet");
                        }
                        other => other?,
                    }
                }
            }
        }
        Ok(())
    }
}

/// The events of a function's schedules in a stretch of time.
fn due(
    tenant: &TenantName,
    name: &FunctionName,
    function: &Arc<LambdaFunction>,
    since: Timestamp,
    now: Timestamp,
) -> Vec<CloudEvent> {
    let mut events = Vec::new();
    if !is_enabled(function) || function.metadata.deletion_timestamp.is_some() {
        return events;
    }
    for (place, trigger) in function.spec.triggers.iter().enumerate() {
        let Some(schedule) = &trigger.schedule else { continue };
        let Ok(clockwork) = Clockwork::of(schedule) else { continue };
        let times = clockwork.after(since).map(|at| moment(&at)).take_while(|at| *at <= now);
        for at in times.take(AT_ONCE) {
            let uid = function.uid().unwrap_or_default();
            let key = format!("{uid}\0{place}\0{}\0{}\0{}", schedule.cron, schedule.timezone, at.as_millis());
            let id = Uuid::new_v5(&RUNS, key.as_bytes()).to_string();
            let data = InvokeAsync(data(schedule));
            let event =
                CloudEvent::about(EventType::InvokeAsync, "schedule", tenant, name, id.clone(), at, &data);
            events.push(event.with(extension::CORRELATION, id).with(extension::TENANT, tenant.as_str()));
        }
    }
    events
}

fn data(schedule: &Schedule) -> Value {
    if schedule.data.trim().is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(&schedule.data).unwrap_or_else(|_| Value::String(schedule.data.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schedule(cron: &str, timezone: &str) -> Schedule {
        Schedule { cron: cron.into(), timezone: timezone.into(), data: String::new() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_schedule_is_told_in_words_with_its_next_five_times() {
        let Ok(clockwork) = Clockwork::of(&schedule("0 8 * * 1-5", "Europe/Berlin")) else { panic!() };
        let runs = clockwork.runs(at("2026-10-23T12:00:00.000Z"));
        assert!(runs.words.contains("08:00") || runs.words.contains("8:00"), "{}", runs.words);
        // A Friday; the clocks go back over the weekend.
        let next: Vec<String> = runs.next.iter().map(ToString::to_string).collect();
        assert_eq!(next[0], "2026-10-26T07:00:00.000Z");
        assert_eq!((next.len(), runs.local[0].as_str()), (5, "Mon 2026-10-26 08:00 CET"));
    }

    #[test]
    fn what_can_not_be_read_is_named_by_its_field() {
        for (cron, zone, field) in [
            ("every day", "UTC", "cron"),
            ("* * * * * *", "UTC", "cron"),
            ("61 * * * *", "UTC", "cron"),
            ("0 0 30 2 *", "UTC", "cron"),
            ("0 8 * * *", "Europe/Atlantis", "timezone"),
        ] {
            let why = Clockwork::of(&schedule(cron, zone)).err().map(|why| why.field);
            assert_eq!(why, Some(field), "{cron} {zone}");
        }
    }

    #[test]
    fn each_time_makes_one_event_that_is_the_same_at_a_second_look() {
        let function: Arc<LambdaFunction> = Arc::new(
            serde_json::from_value(json!({
                "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
                "metadata": {"name": "f", "uid": "u-1"},
                "spec": {
                    "source": {"type": "inline", "inline": {"code": "x"}},
                    "triggers": [{"schedule": {"cron": "*/5 * * * *", "data": "{\"n\":1}"}}, {"filter": {"type": "x"}}],
                },
            }))
            .unwrap(),
        );
        let (tenant, name) = ("acme".parse().unwrap(), "f".parse().unwrap());
        let of = |since: &str, now: &str| due(&tenant, &name, &function, at(since), at(now));
        let all = of("2026-11-23T10:00:00.000Z", "2026-11-23T10:12:00.000Z");
        assert_eq!(all.len(), 2, "10:05 and 10:10; what was at 10:00 was before");
        assert_eq!(
            (&all[0].data, all[0].target()),
            (&Some(json!({"n": 1})), Some((tenant.clone(), name.clone())))
        );
        assert_ne!(all[0].id, all[1].id);
        assert_eq!(of("2026-11-23T10:04:59.000Z", "2026-11-23T10:05:00.000Z"), all[..1]);
        assert!(of("2026-11-23T10:05:00.000Z", "2026-11-23T10:09:59.999Z").is_empty());
    }
}
