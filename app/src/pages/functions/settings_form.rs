//! The settings form, as it looks.

use domain::{
    function::{FunctionDetail, Preview, SecretVar},
    identity::Permission,
    preflight::Check,
};
use leptos::prelude::*;

use super::{env_rows::env_rows, settings_fields::Fields, traffic_rows::traffic_rows};
use crate::{
    AppError,
    components::{
        began::Began,
        button::{link_button, submit},
        conflict::{Conflict, conflict, is_conflict},
        diff::diff,
        field::{self, Input, error_of, input, summary},
        icon::icon,
        manifest::{manifest, terminal},
        preflight::preflight,
        problem::done,
        time::ago,
    },
    form,
    routes::{self, Tab},
};

const PLAIN_HINT: &str = "Anyone who may read the function may read these; what must stay secret goes below.";

/// Paths of the platform to the fields here.
const FIELDS: [(&str, &str); 13] = [
    ("spec.scaling.minReplicas", "min_replicas"),
    ("spec.scaling.maxReplicas", "max_replicas"),
    ("spec.scaling.targetConcurrency", "target_concurrency"),
    ("spec.scaling.containerConcurrency", "container_concurrency"),
    ("spec.scaling.scaleToZeroGracePeriod", "grace"),
    ("spec.timeoutSeconds", "timeout"),
    ("spec.resources.requests.cpu", "request_cpu"),
    ("spec.resources.requests.memory", "request_memory"),
    ("spec.resources.limits.cpu", "limit_cpu"),
    ("spec.resources.limits.memory", "limit_memory"),
    ("spec.build.timeout", "build_timeout"),
    ("spec.env", "env"),
    ("spec.traffic", "traffic"),
];

/// What the tab shows.
pub(super) struct Shown<'a> {
    pub(super) detail: &'a FunctionDetail,
    pub(super) fields: &'a Fields,
    pub(super) problem: Option<&'a AppError>,
    pub(super) preview: Option<&'a Preview>,
    /// Where the form began.
    pub(super) began: &'a Began,
    pub(super) saved: bool,
    pub(super) checks: &'a Result<Vec<Check>, AppError>,
}

pub(super) fn settings_form(shown: &Shown<'_>) -> AnyView {
    let Shown { detail, fields, problem, preview, began, saved, checks } = *shown;
    let summary_row = &detail.summary;
    let (tenant, name) = (&summary_row.tenant, &summary_row.name);
    let path_of = |id: &str| FIELDS.iter().find(|(_, field)| *field == id).map_or("", |(path, _)| path);
    let text = |name: &'static str, label: &'static str, hint: &'static str, value: &str| {
        let (error, value) = (error_of(problem, &[path_of(name)]), value.to_owned());
        input(Input { name, label, hint, value, required: true, error, ..Input::default() })
    };
    let number =
        |name: &'static str, label: &'static str, hint: &'static str, value: &str, range: (i64, i64)| {
            let (error, value) = (error_of(problem, &[path_of(name)]), value.to_owned());
            let range = Some(range);
            // A number field shows nothing at all for what is no number: then it is shown as text, to be mended.
            let kind = if value.parse::<i64>().is_ok() { "number" } else { "text" };
            input(Input { name, label, hint, value, kind, required: true, range, error, ..Input::default() })
        };
    let secret_places = secret_names(&detail.secrets, fields)
        .enumerate()
        .map(|(at, name)| (format!("secrets.{name}"), format!("secret-{at}")));
    let secret_places: Vec<_> = secret_places.collect();
    let mut places = FIELDS.to_vec();
    places.extend(secret_places.iter().map(|(path, id)| (path.as_str(), id.as_str())));
    view! {
        {saved.then(|| done("Saved. What changed goes live with the next Revision."))}
        {told(problem, preview, &places, &routes::function(tenant, name, Tab::Settings))}
        <form method="post" class="settings" id="settings-form" data-draft=form::draft_key("settings", tenant, name, &began.version) data-sent=began.was_sent() data-busy="Saving…" novalidate=problem.is_some()>{form::token()}
            {began.fields()}
            <section class="card">{env_rows(&fields.env, PLAIN_HINT, error_of(problem, &["spec.env"]))}</section>
            <section class="card">{secrets(&detail.secrets, fields, problem)}</section>
            <section class="card">
                <h2>"Scaling"</h2>
                <div class="grid-fields">
                    {number("min_replicas", "Fewest instances", "0: none runs while nobody calls.", &fields.min_replicas, (0, 1000))}
                    {number("max_replicas", "Most instances", "More calls than they take wait.", &fields.max_replicas, (1, 1000))}
                    {number("target_concurrency", "Calls per instance, wanted", "One more instance starts above it.", &fields.target_concurrency, (1, 1000))}
                    {number("container_concurrency", "Calls per instance, at most", "0: no limit.", &fields.container_concurrency, (0, 1000))}
                    {number("timeout", "Seconds per call, at most", "Then it is answered with 504.", &fields.timeout, (1, 600))}
                    {text("grace", "Last instance stays for", "As 30s or 5m.", &fields.grace)}
                </div>
            </section>
            <section class="card">
                <h2>"Resources of one instance"</h2>
                <div class="grid-fields">
                    {text("request_cpu", "CPU, set aside", "Cores: 50m is a twentieth.", &fields.request_cpu)}
                    {text("limit_cpu", "CPU, at most", "Cores: 500m, 1.", &fields.limit_cpu)}
                    {text("request_memory", "Memory, set aside", "As 64Mi, 1Gi.", &fields.request_memory)}
                    {text("limit_memory", "Memory, at most", "An instance that takes more is ended.", &fields.limit_memory)}
                </div>
            </section>
            <section class="card">{traffic_rows(&fields.shares, &detail.revisions, problem)}</section>
            <section class="card">
                <h2>"Build"</h2>
                <div class="grid-fields">{text("build_timeout", "Time-out", "As 30m.", &fields.build_timeout)}</div>
            </section>
            {preflight(checks.clone())}
            <div class="form-end">
                {submit("primary", "check", "Save", "save", (Permission::Write, tenant))}
                <button class="button" name="do" value="yaml" formnovalidate>{icon("file")}"Show as YAML"</button>
                <a class="button quiet" data-discard-draft="" href=routes::function(tenant, name, Tab::Settings)>"Start over"</a>
                <span class="quiet-text">"A change makes a new Revision; nothing is built again."</span>
            </div>
        </form>
        {preview.filter(|_| problem.is_none()).map(|preview| shown_as_yaml(detail, preview))}
        <section class="card">
            <h2>"Delete this function"</h2>
            <p class="quiet-text">"You will see what goes and what stays first."</p>
            <p class="actions">{link_button(routes::delete_function(tenant, name), "danger", "trash", "Delete…", Some((Permission::Write, tenant)))}</p>
        </section>
    }
    .into_any()
}

/// What is wrong, above the form.
fn told(
    problem: Option<&AppError>,
    preview: Option<&Preview>,
    places: &[(&str, &str)],
    here: &str,
) -> AnyView {
    if !is_conflict(problem) {
        return summary(problem, places);
    }
    let changes = preview.map(|preview| {
        view! {
            <p>"This is what saving yours would change of the newer version:"</p>
            {diff(&preview.before, &preview.after, "What saving yours would change")}
        }
    });
    conflict(Conflict {
        text: "Someone changed this function after you opened its settings. What you typed is below.",
        changes: changes.into_any(),
        here,
        anyway: Some(("settings-form", "Save mine anyway")),
    })
}

/// What the form would write: what changes, the whole manifest, the commands, and the way to edit it.
fn shown_as_yaml(detail: &FunctionDetail, preview: &Preview) -> AnyView {
    let (tenant, name) = (&detail.summary.tenant, &detail.summary.name);
    view! {
        <section class="card stack" id="errors" data-focus="" tabindex="-1">
            <h2>"What the form would write"</h2>
            {diff(&preview.before, &preview.after, "What would change")}
            {manifest(&preview.after, "The resulting manifest")}
            <form method="post" action=routes::function(tenant, name, Tab::Yaml)>{crate::form::token()}
                <input type="hidden" name="do" value="show"/>
                <input type="hidden" name="version" value=detail.summary.version.clone()/>
                <textarea name="manifest" hidden readonly aria-hidden="true">{format!("\n{}", preview.after)}</textarea>
                <button class="button">{icon("file")}"Edit as YAML"</button>
            </form>
        </section>
        {terminal(tenant, "PUT", &format!("/functions/{name}"))}
    }
    .into_any()
}

/// Names with a field for a new value; a value never comes back from the server.
fn secrets(present: &[SecretVar], fields: &Fields, problem: Option<&AppError>) -> AnyView {
    let wrong = |name: &str| error_of(problem, &[&format!("secrets.{name}")]);
    let rows: Vec<_> = present
        .iter()
        .enumerate()
        .map(|(at, secret)| {
            let (id, error) = (format!("secret-{at}"), wrong(&secret.name));
            let changed = secret.updated_at.map(|at| view! { <span class="quiet-text">"changed "{ago(at)}</span> });
            let missing = (!secret.present).then(|| view! { <span class="tag warn">{icon("warn")}"no value"</span> });
            let removed = fields.removed.contains(&secret.name);
            let again = fields.again.contains(&secret.name);
            let placeholder = if again { "type the value again" } else { "unchanged" };
            let keep = again.then(|| view! {
                <input type="hidden" name="secret_again" value=secret.name.clone()/>
                <label class="check"><input type="checkbox" name="secret_keep" value=secret.name.clone()/><span>"Keep the present value"</span></label>
            });
            view! {
                <div class="secret-row">
                    <input name="secret_name" class="mono" value=secret.name.clone() readonly aria-label="Secret variable"/>
                    <input type="password" name="secret_value" id=id.clone() placeholder=placeholder autocomplete="new-password" aria-label=format!("New value of {}", secret.name) aria-describedby=format!("{id}-error") aria-invalid=error.is_some().then_some("true")/>
                    <label class="check"><input type="checkbox" name="secret_remove" value=secret.name.clone() checked=removed/><span>"Remove"</span></label>
                    {keep}
                    <p class="hint">{changed}{missing}</p>
                    {error.map(|error| field::error(&id, Some(error)))}
                </div>
            }
        })
        .collect();
    let typed = fields.new_secrets.iter().enumerate();
    let typed: Vec<_> = typed
        .map(|(at, name)| {
            let id = format!("secret-{}", present.len() + at);
            new_secret(name.clone(), "type the value again", Some(id), wrong(name))
        })
        .collect();
    view! {
        <fieldset class="pairs" id="secrets">
            <legend>"Secrets"</legend>
            <p class="hint">"Environment variables whose values nobody can read again. Blank keeps the present value."</p>
            {rows}
            {typed}
            {new_secret(String::new(), "value", None, None)}
            <button type="button" class="button quiet small" hidden data-add-row="">{icon("plus")}"Add a secret"</button>
            {field::error("secrets", None)}
        </fieldset>
    }
    .into_any()
}

/// The secrets of the form in their order, which their ids count.
fn secret_names<'a>(present: &'a [SecretVar], fields: &'a Fields) -> impl Iterator<Item = &'a String> {
    present.iter().map(|secret| &secret.name).chain(&fields.new_secrets)
}

/// A row for a secret that is not there yet; a value that was typed is never sent back. The last one has no id: it is
/// copied for more.
fn new_secret(name: String, hint: &'static str, id: Option<String>, error: Option<String>) -> AnyView {
    let described = id.as_ref().map(|id| format!("{id}-error"));
    let invalid = error.is_some().then_some("true");
    let told = id.as_ref().zip(error).map(|(id, error)| field::error(id, Some(error)));
    view! {
        <div class="pair">
            <input name="secret_name" class="mono" id=id placeholder="NAME" value=name aria-label="New secret variable" aria-describedby=described aria-invalid=invalid autocomplete="off" spellcheck="false"/>
            <input type="password" name="secret_value" placeholder=hint autocomplete="new-password" aria-label="Its value"/>
            <button type="button" class="button quiet small square" hidden data-remove-row="">{icon("cross")}<span class="sr">"Remove this secret"</span></button>
            {told}
        </div>
    }
    .into_any()
}
