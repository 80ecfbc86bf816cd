//! Calls by hand: send JSON or a CloudEvent, see the answer, its time and its log lines.

use domain::{
    FunctionName, TenantName,
    identity::Permission,
    invocation::{InvokeRequest, SavedTest},
};
use leptos::prelude::*;

use super::test_result::test_result;
use crate::{
    AppError, api,
    components::{
        button::submit,
        code_area::CodeArea,
        field::summary,
        function_head::function_head,
        icon::icon,
        problem::{done, panel_problem},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
    session,
};

const JSON: &str = "application/json";
const CLOUD_EVENT: &str = "application/cloudevents+json";
/// What the two editors begin with.
const JSON_SAMPLE: &str = "{\n  \"name\": \"world\"\n}";
const EVENT_SAMPLE: &str = r#"{
  "specversion": "1.0",
  "id": "test-1",
  "source": "/test",
  "type": "com.example.greeting",
  "data": { "name": "world" }
}"#;

/// `/t/:tenant/functions/:name/test`
#[component]
pub fn TestPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    let chosen = match &posted {
        Some(posted) => Some(posted.text("chosen")).filter(|test| !test.is_empty()),
        None => frame::query("test"),
    };
    let saved_now = frame::query("saved").is_some();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let mut request = InvokeRequest::json(JSON_SAMPLE);
    let (mut problem, mut result, mut forgotten) = (None, None, None);
    if let Some(posted) = &posted {
        // The button that forgets a test sends no request.
        if posted.action() != "forget" {
            request = read(posted);
        }
        match act(&tenant, &name, posted, &request).await {
            Ok(Done::Answer(answer)) => result = Some(answer),
            Ok(Done::Saved) => {}
            Ok(Done::Forgotten(test)) => forgotten = Some(test),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let saved = api::invocations::saved_tests(tenant.clone(), name.clone()).await;
    if let (Ok(saved), Some(chosen), None) = (&saved, &chosen, &posted)
        && let Some(test) = saved.iter().find(|test| test.name == *chosen)
    {
        request = test.request.clone();
    }
    // The answer came: the draft of this request did its work.
    let taken = result.is_some();
    let answer = match result {
        Some(result) => test_result(&tenant, &name, *result).await,
        None => view! {
            <section class="card"><h2>"Answer"</h2><p class="quiet-text">"Send a request to see status, times, headers, body and the log lines of that call."</p></section>
        }
        .into_any(),
    };
    let typed = posted.as_ref().map(|posted| posted.text("title"));
    let chosen = chosen.unwrap_or_default();
    let title = typed.unwrap_or_else(|| chosen.clone());
    let other = posted.as_ref().filter(|posted| posted.action() != "forget").and_then(other_editor);
    let shown = Shown { request: &request, other, chosen, title, taken };
    let body = view! {
        {function_head(&detail, Some(Tab::Test))}
        {saved_now.then(|| done("The test is saved."))}
        {forgotten.map(|test| undo(&tenant, &name, &test))}
        {summary(problem.as_ref(), &[("name", "title")])}
        {match saved {
            Ok(saved) => saved_list(&tenant, &name, &saved),
            Err(error) => panel_problem(&error, "Saved tests"),
        }}
        <div class="test-page">{request_form(&tenant, &name, shown)}<div class="stack" id="answer" aria-live="polite">{answer}</div></div>
    };
    Ok(Content::functions(format!("{name} · Test"), body))
}

enum Done {
    Answer(Box<domain::invocation::InvokeResult>),
    Saved,
    Forgotten(SavedTest),
}

async fn act(
    tenant: &TenantName,
    name: &FunctionName,
    posted: &Posted,
    request: &InvokeRequest,
) -> Result<Done, AppError> {
    let here = routes::function(tenant, name, Tab::Test);
    let title = posted.text("title");
    match pressed(posted) {
        "save" => {
            api::invocations::save_test(tenant.clone(), name.clone(), title.clone(), request.clone()).await?;
            form::see_other(&format!("{here}?saved=yes&test={}", routes::encode(&title)));
            Ok(Done::Saved)
        }
        "forget" => {
            let title = posted.text("forget");
            let saved = api::invocations::saved_tests(tenant.clone(), name.clone()).await?;
            api::invocations::delete_saved_test(tenant.clone(), name.clone(), title.clone()).await?;
            Ok(match saved.into_iter().find(|test| test.name == title) {
                Some(test) => Done::Forgotten(test),
                None => Done::Saved,
            })
        }
        _ => {
            let answer = api::invocations::invoke(tenant.clone(), name.clone(), request.clone()).await?;
            Ok(Done::Answer(Box::new(answer)))
        }
    }
}

/// The button; the Enter key presses a hidden one, which saves under a name that was just typed and sends otherwise.
fn pressed(posted: &Posted) -> &str {
    let title = posted.text("title");
    match posted.action() {
        "enter" if !title.is_empty() && title != posted.text("chosen") => "save",
        other => other,
    }
}

/// What stands in the editor that was not the chosen one: it comes back as it was.
fn other_editor(posted: &Posted) -> Option<String> {
    let field = if posted.text("kind") == "event" { "body" } else { "event" };
    posted.get(field).map(|_| posted.area(field))
}

fn read(posted: &Posted) -> InvokeRequest {
    let method = Some(posted.text("method")).filter(|text| !text.is_empty());
    let path = posted.text("path");
    let event = posted.text("kind") == "event";
    InvokeRequest {
        body: posted.area(if event { "event" } else { "body" }),
        content_type: if event { CLOUD_EVENT } else { JSON }.to_owned(),
        headers: posted.pairs("header_name", "header_value"),
        method: method.unwrap_or_else(|| "POST".to_owned()),
        path: if path.starts_with('/') { path } else { format!("/{path}") },
    }
}

fn saved_list(tenant: &TenantName, name: &FunctionName, saved: &[SavedTest]) -> AnyView {
    if saved.is_empty() {
        return ().into_any();
    }
    let here = routes::function(tenant, name, Tab::Test);
    let refused = (!session::may(Permission::Write, tenant)).then(|| session::needs(Permission::Write));
    let items: Vec<_> = saved
        .iter()
        .map(|test| {
            let label = format!("Forget {}", test.name);
            let (off, why) = (refused.is_some(), refused.clone());
            view! {
                <li><form method="post" action=here.clone() class="saved">{form::token()}
                    <a href=format!("{here}?test={}", routes::encode(&test.name))>{icon("play")}{test.name.clone()}</a>
                    <input type="hidden" name="forget" value=test.name.clone()/>
                    <button class="button quiet small square" name="do" value="forget" aria-label=label disabled=off title=why>{icon("cross")}</button>
                </form></li>
            }
        })
        .collect();
    view! { <nav class="chips" aria-label="Saved tests"><ul>{items}</ul></nav> }.into_any()
}

/// The way back: the same fields that saved it.
fn undo(tenant: &TenantName, name: &FunctionName, test: &SavedTest) -> AnyView {
    let request = &test.request;
    let hidden = |name: &'static str, value: &str| {
        view! { <input type="hidden" name=name value=value.to_owned()/> }.into_any()
    };
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .flat_map(|(key, value)| [hidden("header_name", key), hidden("header_value", value)])
        .collect();
    let (kind, body) =
        if request.content_type == CLOUD_EVENT { ("event", "event") } else { ("json", "body") };
    view! {
        <form method="post" action=routes::function(tenant, name, Tab::Test) class="notice" role="status">{form::token()}
            {icon("info")}
            <p>{format!("The test “{}” is forgotten.", test.name)}</p>
            {hidden("title", &test.name)}{hidden("kind", kind)}{hidden("method", &request.method)}{hidden("path", &request.path)}
            {headers}
            <textarea name=body hidden readonly aria-hidden="true">{format!("\n{}", request.body)}</textarea>
            <button class="button small" name="do" value="save">"Undo"</button>
        </form>
    }
    .into_any()
}

/// What the request form shows.
struct Shown<'a> {
    request: &'a InvokeRequest,
    /// Content of the other editor, when it was sent.
    other: Option<String>,
    /// Name of the saved test that it began from.
    chosen: String,
    /// Name that is typed.
    title: String,
    /// It was sent, and there is an answer.
    taken: bool,
}

fn request_form(tenant: &TenantName, name: &FunctionName, shown: Shown<'_>) -> AnyView {
    let Shown { request, other, chosen, title, taken } = shown;
    let draft = format!("test:{tenant}/{name}:{chosen}");
    let event = request.content_type == CLOUD_EVENT;
    let (json, cloud_event) = if event {
        (other.unwrap_or_else(|| JSON_SAMPLE.to_owned()), request.body.clone())
    } else {
        (request.body.clone(), other.unwrap_or_else(|| EVENT_SAMPLE.to_owned()))
    };
    let methods: Vec<_> = ["POST", "GET", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .map(|method| view! { <option selected=request.method == method>{method}</option> })
        .collect();
    let blank = std::iter::once((String::new(), String::new()));
    let headers: Vec<_> = request
        .headers
        .iter()
        .cloned()
        .chain(blank)
        .map(|(key, value)| {
            view! {
                <div class="pair">
                    <input name="header_name" aria-label="Header" placeholder="x-header" value=key autocomplete="off"/>
                    <input name="header_value" aria-label="Value" placeholder="value" value=value autocomplete="off"/>
                    <button type="button" class="button quiet small square" hidden data-remove-row="">{icon("cross")}<span class="sr">"Remove this header"</span></button>
                </div>
            }
        })
        .collect();
    view! {
        <form method="post" action=routes::function(tenant, name, Tab::Test) class="card stack" data-busy="Calling…" data-draft=draft data-taken=taken.then_some("")>{form::token()}
            <input type="hidden" name="chosen" value=chosen/>
            // What the Enter key presses: without it, Send, also in the field of the name.
            <button class="sr" name="do" value="enter" tabindex="-1" aria-hidden="true">"Send"</button>
            <fieldset class="segments">
                <legend class="sr">"Kind of request"</legend>
                <label><input type="radio" name="kind" value="json" checked=!event/><span>"JSON"</span></label>
                <label><input type="radio" name="kind" value="event" checked=event/><span>"CloudEvent"</span></label>
            </fieldset>
            <div class="as-json">
                <CodeArea name="body".to_owned() label="Body".to_owned() value=json kind="json" rows=12 described="body-hint".to_owned()/>
                <p class="hint" id="body-hint">"Any JSON; the handler gets it as its event. Ctrl + Enter sends."</p>
            </div>
            <div class="as-event">
                <CodeArea name="event".to_owned() label="CloudEvent".to_owned() value=cloud_event kind="json" rows=12 described="event-hint".to_owned()/>
                <p class="hint" id="event-hint">"A whole CloudEvent in its JSON format; the handler gets its data. Ctrl + Enter sends."</p>
            </div>
            <details class="advanced" open=!request.headers.is_empty() || request.method != "POST" || request.path != "/">
                <summary>{icon("right")}"Method, path, headers"</summary>
                <div class="grid-fields">
                    <div class="field"><label for="method">"Method"</label><select id="method" name="method">{methods}</select></div>
                    <div class="field"><label for="path">"Path and query"</label><input id="path" name="path" value=request.path.clone() autocomplete="off"/></div>
                </div>
                <fieldset class="pairs">
                    <legend>"Headers"</legend>
                    {headers}
                    <button type="button" class="button quiet small" hidden data-add-row="">{icon("plus")}"Add a header"</button>
                </fieldset>
            </details>
            <div class="form-end">
                {submit("primary", "play", "Send", "send", (Permission::Invoke, tenant))}
                <span class="gap"></span>
                <label class="sr" for="title">"Name of the test"</label>
                <input id="title" name="title" placeholder="Name to save it under" value=title maxlength="60" autocomplete="off"/>
                {submit("", "check", "Save", "save", (Permission::Write, tenant))}
            </div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(pairs: &[(&str, &str)]) -> Posted {
        Posted(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn enter_in_the_name_of_a_test_called_the_function() {
        assert_eq!(pressed(&posted(&[("do", "enter"), ("title", "greeting")])), "save");
        assert_eq!(pressed(&posted(&[("do", "enter"), ("title", " ")])), "enter", "sends");
        let unchanged = [("do", "enter"), ("title", "greeting"), ("chosen", "greeting")];
        assert_eq!(pressed(&posted(&unchanged)), "enter");
        assert_eq!(pressed(&posted(&[("do", "send"), ("title", "greeting")])), "send");
    }

    #[test]
    fn what_stands_in_the_other_editor_was_lost_with_each_call() {
        let both = [("body", "{\"mine\": 1}"), ("event", "{}")];
        let event = posted(&[&both[..], &[("kind", "event")]].concat());
        assert_eq!(other_editor(&event).as_deref(), Some("{\"mine\": 1}"));
        assert_eq!(other_editor(&posted(&both)).as_deref(), Some("{}"));
        assert_eq!(other_editor(&posted(&[("kind", "event")])), None, "the sample is shown");
    }
}
