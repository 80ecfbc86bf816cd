//! Which functions an event is for: `spec.triggers`.

mod edit;
mod schedule;

use std::{collections::HashMap, sync::Arc};

use domain::{
    FunctionName, TenantName,
    event::{Category, CloudEvent, Mismatch, TriggerMatch},
    function::{LambdaFunction, Schedule, Trigger},
};
use kube::ResourceExt;
use serde_json::Value;
use store::NewEvent;

use crate::{Platform, Result};

impl Platform {
    /// Puts events into the queues of the functions whose triggers they match. Twice is as good as once: a queue
    /// knows the event.
    pub(crate) async fn route(&self, events: &[NewEvent]) -> Result<()> {
        // Most tenants have few triggers: they are looked up once for all events of a batch.
        let mut listening: HashMap<&TenantName, Vec<(FunctionName, Arc<LambdaFunction>)>> = HashMap::new();
        for NewEvent { tenant, event, .. } in events {
            let functions = listening.entry(tenant).or_insert_with(|| self.listening(tenant));
            for (name, function) in functions {
                let matches = for_events(function).any(|trigger| mismatch(trigger, event).is_none());
                if !matches || !may_reach(function, name, event) {
                    continue;
                }
                let queue = bus::name::function(tenant, name);
                match self.bus().publish_to(&queue, event).await {
                    // A function that was never deployed has no queue: its trigger begins with its deployment.
                    Err(bus::Error::NoSuchQueue(_)) => {
                        tracing::warn!(queue.name = queue, event.id = event.id, "a trigger has no queue yet");
                    }
                    other => other?,
                }
            }
        }
        Ok(())
    }

    /// Functions with triggers.
    fn listening(&self, tenant: &TenantName) -> Vec<(FunctionName, Arc<LambdaFunction>)> {
        let all = self.cache().functions(tenant).into_iter();
        all.filter(|function| for_events(function).next().is_some())
            .filter_map(|function| Some((function.name_any().parse().ok()?, function)))
            .collect()
    }

    /// Every trigger of the tenant against the event, those that match first.
    pub(crate) fn triggers(&self, tenant: &TenantName, event: &CloudEvent) -> Vec<TriggerMatch> {
        let mut all = Vec::new();
        for (name, function) in self.listening(tenant) {
            if !may_reach(&function, &name, event) {
                continue;
            }
            all.extend(for_events(&function).map(|trigger| TriggerMatch {
                function: name.clone(),
                wants: trigger.filter.iter().map(|(name, value)| format!("{name}={value}")).collect(),
                fails: mismatch(trigger, event),
            }));
        }
        all.sort_by_key(|found| found.fails.is_some());
        all
    }
}

/// Which part of a schedule can not be read, and why.
pub(crate) fn unreadable(schedule: &Schedule) -> Option<(&'static str, String)> {
    schedule::Clockwork::of(schedule).err().map(|why| (why.field, why.message))
}

/// Triggers that take events, not times.
fn for_events(function: &LambdaFunction) -> impl Iterator<Item = &Trigger> {
    function.spec.triggers.iter().filter(|trigger| trigger.schedule.is_none())
}

fn is_enabled(function: &LambdaFunction) -> bool {
    function.spec.eventing.as_ref().is_none_or(|eventing| eventing.enabled)
}

/// Users' events and what is told of others: never what a function itself answers or causes, which would come back
/// to it for ever.
fn may_reach(function: &LambdaFunction, name: &FunctionName, event: &CloudEvent) -> bool {
    let of_itself = event.target().is_some_and(|(_, target)| target == *name);
    is_enabled(function)
        && match event.event_type().map(|kind| kind.category()) {
            None => true,
            Some(Category::Parser | Category::Invocation | Category::Command) => false,
            Some(_) => !of_itself,
        }
}

/// The first attribute that is not as the trigger asks for.
fn mismatch(trigger: &Trigger, event: &CloudEvent) -> Option<Mismatch> {
    trigger.filter.iter().find_map(|(name, wanted)| {
        let found = attribute(event, name);
        (found.as_deref() != Some(wanted.as_str())).then(|| Mismatch {
            attribute: name.clone(),
            wanted: wanted.clone(),
            found,
        })
    })
}

fn attribute(event: &CloudEvent, name: &str) -> Option<String> {
    match name {
        "specversion" => Some(event.specversion.clone()),
        "id" => Some(event.id.clone()),
        "source" => Some(event.source.clone()),
        "type" => Some(event.kind.clone()),
        "subject" => event.subject.clone(),
        "datacontenttype" => event.datacontenttype.clone(),
        "dataschema" => event.dataschema.clone(),
        "time" => event.time.map(|time| time.to_string()),
        other => event.extensions.get(other).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> CloudEvent {
        let mut base = json!({"specversion": "1.0", "id": "1", "source": "shop", "type": "com.acme.order"});
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(base).unwrap()
    }

    fn trigger(filter: Value) -> Trigger {
        serde_json::from_value(json!({"filter": filter})).unwrap()
    }

    #[test]
    fn a_trigger_matches_when_every_attribute_is_as_asked_for() {
        let order = event(json!({"region": "eu", "sequence": 7}));
        for filter in [json!({}), json!({"type": "com.acme.order", "region": "eu"}), json!({"sequence": "7"})]
        {
            assert_eq!(mismatch(&trigger(filter), &order), None);
        }
        let fails = mismatch(&trigger(json!({"region": "us", "type": "com.acme.order"})), &order).unwrap();
        assert_eq!((fails.attribute.as_str(), fails.found.as_deref()), ("region", Some("eu")));
        let absent = mismatch(&trigger(json!({"subject": "x"})), &order).unwrap();
        assert_eq!(absent.found, None);
    }

    #[test]
    fn a_function_never_gets_what_it_causes() {
        let function: LambdaFunction = serde_json::from_value(json!({
            "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction", "metadata": {"name": "f"},
            "spec": {"source": {"type": "inline", "inline": {"code": "x"}}, "triggers": [{"filter": {}}]},
        }))
        .unwrap();
        let name = "f".parse().unwrap();
        let about = |kind: &str, subject: &str| {
            event(json!({"type": format!("io.knative.lambda.{kind}"), "subject": subject}))
        };
        assert!(may_reach(&function, &name, &event(json!({"subject": "acme/f"}))));
        assert!(may_reach(&function, &name, &about("lifecycle.build.completed", "acme/g")));
        for own in [
            about("lifecycle.build.completed", "acme/f"),
            about("response.success", "acme/g"),
            about("lifecycle.parser.completed", "acme/g"),
            about("invoke.async", "acme/g"),
        ] {
            assert!(!may_reach(&function, &name, &own), "{}", own.kind);
        }
    }
}
