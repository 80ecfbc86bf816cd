//! Triggers as a person handles them: seen, tried out, added, removed.

use std::collections::BTreeMap;

use domain::{
    FunctionName, TenantName,
    event::EventFilter,
    function::{Runs, Schedule, Trigger, TriggerList, TriggerTest, TriggerView},
    identity::{Caller, Permission},
    page::MAX_LIMIT,
};

use super::{is_enabled, may_reach, mismatch, schedule::Clockwork};
use crate::{Error, Platform, Result};

/// Triggers of one function.
const MOST: usize = 50;
/// Attributes of one filter.
const MOST_ATTRIBUTES: usize = 20;
/// Pages of the timeline that a test looks at.
const PAGES: usize = 5;
/// Events that it tells of.
const TOLD: usize = 5;

impl Platform {
    /// The triggers of a function.
    pub async fn list_triggers(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<TriggerList> {
        self.authorize(caller, tenant, Permission::Read)?;
        let function = self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
        let view = |trigger: &Trigger| {
            let clockwork = trigger.schedule.as_ref().map(Clockwork::of);
            let (runs, problem) = match clockwork {
                None => (None, None),
                Some(Ok(clockwork)) => (Some(clockwork.runs(self.now())), None),
                Some(Err(why)) => (None, Some(why.message)),
            };
            TriggerView { trigger: trigger.clone(), runs, problem }
        };
        Ok(TriggerList {
            triggers: function.spec.triggers.iter().map(view).collect(),
            enabled: is_enabled(&function),
        })
    }

    /// What a schedule means; what is wrong with it is told by its field.
    #[expect(clippy::unused_async, reason = "one shape for every method")]
    pub async fn explain_schedule(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        schedule: &Schedule,
    ) -> Result<Runs> {
        self.authorize(caller, tenant, Permission::Read)?;
        match Clockwork::of(schedule) {
            Ok(clockwork) => Ok(clockwork.runs(self.now())),
            Err(why) => Err(Error::field(why.field, why.message)),
        }
    }

    /// Whether events come through to the function, and which of the newest ones a filter would have taken.
    pub async fn test_trigger(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        filter: &BTreeMap<String, String>,
    ) -> Result<TriggerTest> {
        self.authorize(caller, tenant, Permission::Read)?;
        check_filter(filter)?;
        let function = self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
        let trigger = Trigger { filter: filter.clone(), ..Trigger::default() };
        let mut test = TriggerTest {
            connection: self.connection(tenant, name, is_enabled(&function)).await,
            looked_at: 0,
            matching: 0,
            newest: Vec::new(),
            missed: Vec::new(),
        };
        let mut missed: BTreeMap<String, u64> = BTreeMap::new();
        let mut cursor = None;
        for _ in 0..PAGES {
            let page =
                self.store().list_events(tenant, &EventFilter::default(), cursor.as_ref(), MAX_LIMIT).await?;
            for record in page.items.iter().filter(|record| may_reach(&function, name, &record.event)) {
                test.looked_at += 1;
                match mismatch(&trigger, &record.event) {
                    Some(why) => *missed.entry(why.attribute).or_default() += 1,
                    None => {
                        test.matching += 1;
                        if test.newest.len() < TOLD {
                            test.newest.push((record.position, record.event.kind.clone()));
                        }
                    }
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        test.missed = missed.into_iter().collect();
        Ok(test)
    }

    /// Adds a trigger at the end.
    pub async fn add_trigger(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        trigger: Trigger,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        match &trigger.schedule {
            Some(schedule) => drop(self.explain_schedule(caller, tenant, schedule).await?),
            None => check_filter(&trigger.filter)?,
        }
        let add = |function: &mut domain::function::LambdaFunction| {
            let triggers = &mut function.spec.triggers;
            if triggers.contains(&trigger) {
                return Err(Error::field("trigger", "The function has this trigger already."));
            }
            if triggers.len() >= MOST {
                return Err(Error::field("trigger", "A function may have 50 triggers."));
            }
            triggers.push(trigger.clone());
            Ok(())
        };
        self.edit_function(caller, tenant, name, None, add).await.map(drop)
    }

    /// Removes a trigger that is equal to this one.
    pub async fn remove_trigger(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        trigger: &Trigger,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let remove = |function: &mut domain::function::LambdaFunction| {
            let triggers = &mut function.spec.triggers;
            let place =
                triggers.iter().position(|known| known == trigger).ok_or(Error::NotFound("trigger"))?;
            triggers.remove(place);
            Ok(())
        };
        self.edit_function(caller, tenant, name, None, remove).await.map(drop)
    }

    /// Whether the bus answers, and the function's queue is there with somebody who takes from it.
    async fn connection(
        &self,
        tenant: &TenantName,
        name: &FunctionName,
        enabled: bool,
    ) -> std::result::Result<(), String> {
        if !enabled {
            return Err("Events are turned off for this function: spec.eventing.enabled is false.".to_owned());
        }
        let queue = bus::name::function(tenant, name);
        let all =
            self.bus().queues().await.map_err(|error| format!("The message bus does not answer: {error}"))?;
        match all.iter().find(|known| known.name == queue) {
            None => {
                Err(format!("There is no queue {queue} yet: it is made when the function is first deployed."))
            }
            Some(stats) if stats.consumers == 0 => Err(format!(
                "Nobody takes from the queue {queue} at the moment; {} events wait in it.",
                stats.messages
            )),
            Some(_) => Ok(()),
        }
    }
}

fn check_filter(filter: &BTreeMap<String, String>) -> Result<()> {
    if filter.len() > MOST_ATTRIBUTES {
        return Err(Error::field("filter", "A filter may have 20 attributes."));
    }
    for (name, value) in filter {
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !named || name == "data" {
            return Err(Error::field(
                "filter",
                format!(
                    "{name} is no attribute: their names have lower-case letters and digits, as type, source or region."
                ),
            ));
        }
        if value.is_empty() || value.len() > 1024 {
            return Err(Error::field(
                "filter",
                format!("Write what {name} must be, in at most 1,024 characters."),
            ));
        }
    }
    Ok(())
}
