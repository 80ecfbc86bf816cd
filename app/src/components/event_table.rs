//! Events as a table.

use domain::{
    TenantName,
    event::{EventRecord, EventStatus},
};
use leptos::prelude::*;
use serde_json::Value;

use super::{
    icon::icon,
    status::{event_label, event_look},
    table::{About, head, table},
    time::{ago, duration},
};
use crate::routes;

/// Values of an event's data that a row shows, and letters of them together.
const ARGUMENTS: usize = 3;
const ARGUMENT_CHARS: usize = 90;

/// The rows; `with_function` for timelines of a whole tenant.
pub fn event_table(tenant: &TenantName, records: &[EventRecord], with_function: bool) -> AnyView {
    let rows: Vec<_> = records.iter().map(|record| row(tenant, record, with_function)).collect();
    let about = About { caption: "Events, newest first".to_owned(), linked: true, ..About::default() };
    let heads = [
        Some(head("Event", "")),
        with_function.then(|| head("Function", "wide-only")),
        Some(head("Detail", "wide-only")),
        Some(head("Wait · run", "number wide-only")),
        Some(head("Time", "number")),
    ]
    .into_iter()
    .flatten();
    table(about, heads, rows)
}

fn row(tenant: &TenantName, record: &EventRecord, with_function: bool) -> AnyView {
    let (tone, shape) = event_look(&record.event);
    let failed = record.event.status() == EventStatus::Failed;
    let number = |key: &str| record.event.data.as_ref().and_then(|data| data.get(key)?.as_f64());
    let times = match (number("queueMs"), number("runMs"), number("durationMs")) {
        (queue, Some(run), _) => format!("{} · {}", duration(queue.unwrap_or(0.0)), duration(run)),
        (_, None, Some(all)) => duration(all),
        _ => String::new(),
    };
    let function = record.function.as_ref().map(ToString::to_string);
    // What the columns say that a narrow screen leaves out.
    let detail = Some(summary(record)).filter(|text| !text.is_empty() && Some(text) != function.as_ref());
    let parts: Vec<String> =
        function.clone().filter(|_| with_function).into_iter().chain(detail.clone()).collect();
    let below = (!parts.is_empty()).then(|| parts.join(" · "));
    view! {
        <tr class=failed.then_some("failed") id=format!("event-{}", record.position)>
            <td>
                <a class="row-link" href=routes::event(tenant, record.position)>
                    <span class=format!("tone {tone}")>{icon(shape)}</span>
                    <span>
                        {event_label(&record.event)}
                        {failed.then(|| view! { <span class="sr">", a failure"</span> })}
                        {below.map(|text| view! { <span class="below">{text}</span> })}
                    </span>
                </a>
            </td>
            {with_function.then(|| view! { <td class="wide-only">{function}</td> })}
            <td class="wide-only clip">{detail}</td>
            <td class="number wide-only">{times}</td>
            <td class="number">{ago(record.at())}</td>
        </tr>
    }
    .into_any()
}

/// What tells this event apart from its neighbours: its message, build, status or subject.
fn summary(record: &EventRecord) -> String {
    let text = |key: &str| {
        let value = record.event.data.as_ref()?.get(key)?;
        value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
    };
    let first = |keys: &[&str]| keys.iter().find_map(|key| text(key).filter(|found| !found.is_empty()));
    if let Some(status) = text("status") {
        let error = first(&["errorMessage"]).map(|error| format!(" · {error}")).unwrap_or_default();
        return format!("HTTP {status}{error}");
    }
    if let Some(trigger) = text("trigger") {
        return match trigger.as_str() {
            "test" => "From the Test tab".to_owned(),
            "http" => "Over HTTP".to_owned(),
            "event" => format!("By an event, attempt {}", text("attempt").unwrap_or_default()),
            _ => trigger,
        };
    }
    first(&["message", "reason", "buildId", "revision", "service", "source", "invocationId"])
        .or_else(|| record.event.data.as_ref().and_then(arguments))
        .or_else(|| record.event.subject.clone())
        .unwrap_or_default()
}

/// The first values of an event's data, as far as they fit into a cell.
fn arguments(data: &Value) -> Option<String> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let text = match data {
        Value::Object(fields) => {
            let named = fields.iter().filter_map(|(name, value)| Some(format!("{name}: {}", scalar(value)?)));
            named.take(ARGUMENTS).collect::<Vec<_>>().join(" · ")
        }
        other => scalar(other)?,
    };
    let short: String = text.chars().take(ARGUMENT_CHARS).collect();
    (!short.is_empty()).then(|| if short.len() < text.len() { format!("{short}…") } else { short })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_values_tell_events_of_one_type_apart() {
        let order = json!({"items": [1, 2], "number": 4711, "paid": true, "to": "Ada", "zip": "8000"});
        assert_eq!(arguments(&order).as_deref(), Some("number: 4711 · paid: true · to: Ada"));
        assert_eq!(arguments(&json!("ü".repeat(200))).unwrap().chars().count(), ARGUMENT_CHARS + 1);
        assert_eq!(arguments(&json!({"deep": {"er": 1}})), None);
        assert_eq!(arguments(&json!([1, 2])), None);
    }
}
