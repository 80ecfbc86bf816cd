//! The create form, as it looks.

use domain::{
    TenantName,
    function::{Language, RuntimeOption, UploadReceipt},
    identity::Permission,
    name::FUNCTION_NAME_PATTERN,
    preflight::Check,
};
use leptos::prelude::*;

use super::env_rows::env_rows;
use crate::{
    AppError,
    components::{
        button::submit,
        code_area::{CodeArea, kind_of},
        field::{self, Input, error_of, handler, input, summary},
        function_head::breadcrumb,
        icon::icon,
        preflight::preflight,
        source_access::{Access, trial},
        source_fields::{self, SourceDraft, bucket_fields, git_fields},
        upload::Upload,
    },
    routes,
};

const PLAIN_HINT: &str =
    "Anyone who may read the function may read these. Secrets go into Settings, after it is created.";

/// Where the code comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Editor,
    Upload,
    Git,
    Bucket,
}

/// Content of the form.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) language: Option<Language>,
    pub(super) from: Origin,
    pub(super) source: SourceDraft,
    pub(super) access: Access,
    pub(super) upload: String,
    pub(super) receipt: Option<UploadReceipt>,
    pub(super) handler: String,
    /// Language, code, dependencies.
    pub(super) codes: Vec<(Language, String, String)>,
    pub(super) env: Vec<(String, String)>,
    /// The answer to a form that was sent.
    pub(super) sent: bool,
}

/// Paths of the platform to the fields here.
const FIELDS: [(&str, &str); 5] = [
    ("metadata.name", "name"),
    ("spec.runtime.language", "runtime"),
    ("spec.runtime.handler", "handler"),
    ("spec.source", "code"),
    ("spec.env", "env"),
];

pub(super) fn create_form(
    tenant: &TenantName,
    runtimes: &[RuntimeOption],
    draft: &Draft,
    problem: Option<&AppError>,
    checks: Result<Vec<Check>, AppError>,
) -> AnyView {
    let name_error = error_of(problem, &["metadata.name"]);
    let tried = |from: Origin| {
        let untried = Access::default();
        trial(tenant, if draft.from == from { &draft.access } else { &untried })
    };
    view! {
        {breadcrumb(tenant, None)}
        <div class="page-head"><h1>"New function"</h1></div>
        {summary(problem, &[&source_fields::FIELDS[..], &FIELDS[..]].concat())}
        <form method="post" class="create" data-draft=format!("new:{tenant}") data-sent=draft.sent.then_some("") data-busy="Creating…" novalidate=problem.is_some()>{crate::form::token()}
            // What the Enter key presses: without it, the first button that tries a source out.
            <button class="sr" name="do" value="create" tabindex="-1" aria-hidden="true">"Create and build"</button>
            <div data-name-check=tenant.to_string()>
                {input(Input {
                    name: "name",
                    label: "Name",
                    hint: "Lower-case letters, digits and hyphens; starts with a letter; at most 57.",
                    value: draft.name.clone(),
                    required: true,
                    // Browsers read patterns in `v` mode, where a hyphen in a class is escaped.
                    pattern: Some(FUNCTION_NAME_PATTERN.replace("9-]", "9\\-]")),
                    error: name_error,
                    focus: problem.is_none(),
                    ..Input::default()
                })}
            </div>
            <fieldset id="runtime">
                <legend>"Runtime"</legend>
                <div class="choices">{runtimes.iter().map(|runtime| runtime_card(runtime, draft)).collect::<Vec<_>>()}</div>
                {field::error("runtime", error_of(problem, &["spec.runtime.language"]))}
            </fieldset>
            <fieldset class="source" id="code">
                <legend>"Code"</legend>
                <div class="segments">
                    <label><input type="radio" name="from" value="editor" checked=draft.from == Origin::Editor/><span>{icon("file")}"Write here"</span></label>
                    <label><input type="radio" name="from" value="upload" checked=draft.from == Origin::Upload/><span>{icon("upload")}"Upload an archive"</span></label>
                    <label><input type="radio" name="from" value="git" checked=draft.from == Origin::Git/><span>"Git repository"</span></label>
                    <label><input type="radio" name="from" value="bucket" checked=draft.from == Origin::Bucket/><span>"Bucket"</span></label>
                </div>
                {field::error("code", error_of(problem, &["spec.source.upload", "spec.source.inline"]))}
                <div class="from-editor">{draft.codes.iter().map(editor).collect::<Vec<_>>()}</div>
                <div class="from-upload">{upload(tenant, draft)}</div>
                <div class="from-git">{git_fields(&draft.source, &draft.access, problem)}{tried(Origin::Git)}</div>
                <div class="from-bucket">{bucket_fields(&draft.source, &draft.access, problem)}{tried(Origin::Bucket)}</div>
            </fieldset>
            <details class="advanced" open=error_of(problem, &["spec.env", "spec.runtime.handler"]).is_some()>
                <summary>{icon("right")}"Advanced"<span class="quiet-text">"handler, environment"</span></summary>
                {handler(draft.handler.clone(), problem)}
                {env_rows(&draft.env, PLAIN_HINT, error_of(problem, &["spec.env"]))}
            </details>
            {preflight(checks)}
            <div class="form-end">
                {submit("primary", "check", "Create and build", "create", (Permission::Write, tenant))}
                <button class="button" name="do" value="yaml" formnovalidate>{icon("file")}"Edit as YAML"</button>
                <a class="button quiet" href=routes::functions(tenant)>"Cancel"</a>
                <span class="quiet-text">"The build starts at once; you can watch it."</span>
            </div>
        </form>
    }
    .into_any()
}

fn runtime_card(runtime: &RuntimeOption, draft: &Draft) -> AnyView {
    let name = runtime.language.as_str();
    let note = match (&runtime.unavailable, &runtime.version) {
        (Some(reason), _) => reason.clone(),
        (None, Some(version)) => version.clone(),
        (None, None) => "Available".to_owned(),
    };
    view! {
        <label class="choice">
            <input
                type="radio"
                name="language"
                value=name
                checked=draft.language == Some(runtime.language)
                disabled=runtime.unavailable.is_some()
                aria-describedby=format!("runtime-{name}")
                required
            />
            <span class="choice-body">
                <span class="choice-title">{runtime.language.label()}</span>
                <span class="quiet-text" id=format!("runtime-{name}")>{note}</span>
            </span>
        </label>
    }
    .into_any()
}

/// One language's editor; the style sheet shows the one whose card is chosen.
fn editor((language, code, dependencies): &(Language, String, String)) -> AnyView {
    let name = language.as_str();
    let (main, list) = (language.main_file(), language.dependency_file());
    view! {
        <div class=format!("for-language for-{name}")>
            <p class="file-name">{icon("file")}{main}</p>
            <CodeArea name=format!("code_{name}") label=format!("Code, {main}") value=code.clone() kind=name described="code-error".to_owned()/>
            <details class="advanced" open=!dependencies.trim().is_empty()>
                <summary>{icon("right")}{list}<span class="quiet-text">"dependencies"</span></summary>
                <CodeArea
                    name=format!("dependencies_{name}")
                    label=format!("Dependencies, {list}")
                    value=dependencies.clone()
                    kind=kind_of(list, None)
                    rows=4
                />
            </details>
        </div>
    }
    .into_any()
}

fn upload(tenant: &TenantName, draft: &Draft) -> AnyView {
    view! {
        <Upload url=routes::uploads(tenant) upload=draft.upload.clone() receipt=draft.receipt.clone() chosen=draft.language/>
        // Without JavaScript the archive goes with the whole form, which comes back with it; `server/uploads.rs` takes it out.
        <noscript>
            <p>
                <label for="archive">"Archive: zip, tar, tar.gz or tar.zst, at most 50 MiB"</label>
                <input id="archive" type="file" name="file" accept=".zip,.tar,.gz,.tgz,.zst"/>
                <button class="button" name="do" value="upload" formenctype="multipart/form-data" formnovalidate>
                    {icon("upload")}"Upload"
                </button>
            </p>
        </noscript>
    }
    .into_any()
}
