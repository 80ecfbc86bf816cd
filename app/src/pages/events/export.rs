//! One event as commands for a terminal: sent again by curl, or handed to its function by `func`.

use domain::{
    TenantName,
    event::{CloudEvent, extension},
};
use leptos::prelude::*;

use crate::{components::button::copy, session};

/// What the door writes on an event itself.
const WRITTEN_BY_US: [&str; 9] = [
    extension::CORRELATION,
    extension::CAUSATION,
    extension::SEQUENCE,
    extension::TENANT,
    extension::HOPS,
    extension::REPLAY_OF,
    extension::REPLAY_COUNT,
    extension::REPLAYED_BY,
    extension::REPLAY_JOB,
];

/// A command that publishes such an event under an id of its own: one that is known already would be a duplicate.
pub(super) fn curl(event: &CloudEvent) -> String {
    let mut event = CloudEvent { id: "NEW-ID".to_owned(), time: None, ..event.clone() };
    event.extensions.retain(|name, _| !WRITTEN_BY_US.contains(&name.as_str()));
    let json = serde_json::to_string_pretty(&event).unwrap_or_default();
    format!(
        "sed \"s/\\\"id\\\": \\\"NEW-ID\\\"/\\\"id\\\": \\\"$(date +%s%N)\\\"/\" <<'EVENT' |\n{json}\nEVENT\n\
         curl -X POST {}/events \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'content-type: application/cloudevents+json' \\\n  --data-binary @-",
        session::base()
    )
}

/// A text in single quotes, as shells read it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command of Knative's `func` that hands the event to the function of the present folder.
fn func_invoke(event: &CloudEvent) -> Option<String> {
    let data = event.data.as_ref()?;
    let kind = event.datacontenttype.as_deref().unwrap_or("application/json");
    let data = match data.as_str() {
        Some(text) if !kind.contains("json") => text.to_owned(),
        _ => data.to_string(),
    };
    let parts = [("id", &event.id), ("source", &event.source), ("type", &event.kind)];
    let attributes: Vec<String> =
        parts.into_iter().map(|(name, value)| format!("--{name} {}", quoted(value))).collect();
    let attributes = attributes.join(" ");
    Some(format!(
        "func invoke --format cloudevent {attributes} \\\n  --content-type {} --data {}",
        quoted(kind),
        quoted(&data)
    ))
}

/// The card. The platform's own events can not be sent again by others: for those, how to read it.
pub(super) fn export(tenant: &TenantName, position: i64, event: &CloudEvent) -> AnyView {
    let command = |label: &'static str, text: String| {
        view! {
            <div class="copy-line">
                <pre class="json" tabindex="0" role="group" aria-label=label><code>{text.clone()}</code></pre>
                {copy(&text, "the command")}
            </div>
        }
    };
    let own = event.source.starts_with("io.knative.lambda/");
    let by_curl = if own {
        let address = format!("{}/api/v1/tenants/{tenant}/events/{position}", session::base());
        format!("curl {address} \\\n  -H \"Authorization: Bearer $TOKEN\"")
    } else {
        curl(event)
    };
    let title = if own { "Read it by curl" } else { "Send another one like it by curl" };
    let by_func = func_invoke(event).map(|text| {
        view! { <h3>"Try it against a function on your machine"</h3>{command("func invoke", text)} }
    });
    view! {
        <section class="card stack" id="export">
            <h2>"As a command"</h2>
            <h3>{title}</h3>
            {command(title, by_curl)}
            {by_func}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The door takes an id once.
    #[test]
    fn a_copied_command_sends_an_event_of_its_own_each_time() {
        let event: CloudEvent = serde_json::from_value(json!({
            "specversion": "1.0", "id": "o-1", "source": "shop", "type": "com.acme.order", "time": "2026-01-01T00:00:00Z",
            "correlationid": "c", "sequence": "7", "color": "red", "data": {"price": "$5"},
        }))
        .unwrap();
        let folder = std::env::temp_dir();
        let command = curl(&event);
        let sent = command.split_once("curl").unwrap().0.trim_end().to_owned() + "\ncat";
        let run = || {
            let output = std::process::Command::new("sh").args(["-c", &sent]).current_dir(&folder).output();
            serde_json::from_slice::<serde_json::Value>(&output.unwrap().stdout).unwrap()
        };
        let (first, second) = (run(), run());
        assert_ne!(first["id"], second["id"]);
        assert_eq!((&first["data"]["price"], &first["color"]), (&json!("$5"), &json!("red")));
        assert!(
            ["time", "correlationid", "sequence"].iter().all(|name| first.get(name).is_none()),
            "{first}"
        );
    }

    #[test]
    fn quotes_in_data_do_not_end_the_shells_word() {
        let event: CloudEvent = serde_json::from_value(json!({
            "specversion": "1.0", "id": "it's 1", "source": "shop", "type": "com.acme.order", "data": {"q": "a'b"},
        }))
        .unwrap();
        let command = func_invoke(&event).unwrap();
        assert!(command.contains(r#"--id 'it'\''s 1'"#), "{command}");
        assert!(command.ends_with(r#"--data '{"q":"a'\''b"}'"#), "{command}");
    }
}
