//! The code of a function: files, editor, deploy, download.

use domain::{
    FunctionName, TenantName,
    function::{CodeFile, Deploy, NewCode, Source, SourceType, SourceView},
    identity::Permission,
};
use leptos::prelude::*;

use super::source_access;
use crate::{
    AppError, api,
    components::{
        button::{link_button, submit},
        code_area::{CodeArea, kind_of},
        diff::diff,
        empty::empty,
        field::{Input, error_of, input, summary},
        function_head::function_head,
        icon::icon,
        source_access::{Access, trial},
        source_fields::{self, SourceDraft, bucket_fields, git_fields},
        time::bytes,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/code`
#[component]
pub fn CodePage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let source = api::functions::get_source(tenant.clone(), name.clone()).await?;
    let mut problem = None;
    let mut access = Access::default();
    if source.place.is_some() {
        access = source_access::beside(&tenant).await;
    }
    if let Some(posted) = posted.as_ref().filter(|posted| posted.action() == source_access::TEST) {
        let code = read(posted, &source).code;
        problem = source_access::test(&tenant, &mut access, code).await.err();
        if let Some(error) = &problem {
            form::set_status(error.0.status);
        }
    } else if let Some(posted) = &posted {
        let deploy = read(posted, &source);
        match api::functions::deploy_function(tenant.clone(), name.clone(), deploy).await {
            Ok(_) => form::see_other(
                &(routes::function(&tenant, &name, Tab::Overview) + "?created=again#build-log"),
            ),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let files = shown_files(&source, posted.as_ref());
    let content = if let Some(place) = &source.place {
        fetched(&tenant, &source, place, posted.as_ref(), &access, problem.as_ref())
    } else if files.is_empty() {
        let note =
            source.note.clone().unwrap_or_else(|| "This source has no files that can be shown.".to_owned());
        let yaml =
            link_button(routes::function(&tenant, &name, Tab::Yaml), "", "file", "Open the manifest", None);
        empty("file", format!("The code comes from {}", source.kind.as_str()), note, yaml)
    } else {
        editor(&tenant, &name, &source, &files, posted.as_ref(), problem.as_ref())
    };
    let body = view! { {function_head(&detail, Some(Tab::Code))}{conflict(problem.as_ref(), &files, posted.as_ref(), &routes::function(&tenant, &name, Tab::Code))}{content} };
    Ok(Content::functions(format!("{name} · Code"), body))
}

/// A file of the newest version, or one that was sent and that the newest version does not have.
struct Shown {
    file: CodeFile,
    gone: bool,
}

fn shown_files(source: &SourceView, posted: Option<&Posted>) -> Vec<Shown> {
    let kept = source.files.iter().map(|file| Shown { file: file.clone(), gone: false });
    let gone = posted.into_iter().flat_map(|posted| gone_files(source, posted)).map(|(path, text)| Shown {
        file: CodeFile { path, size: text.len() as i64, text: Some(String::new()) },
        gone: true,
    });
    kept.chain(gone).collect()
}

/// Path and text of each file that was sent and that the newest version does not have.
fn gone_files<'a>(
    source: &SourceView,
    posted: &'a Posted,
) -> impl Iterator<Item = (String, String)> + use<'a> {
    let known: Vec<String> = source.files.iter().map(|file| file.path.clone()).collect();
    let sent = posted.0.iter().filter_map(|(field, _)| field.strip_prefix("file:").map(|path| (field, path)));
    sent.filter(move |(_, path)| !known.iter().any(|known| known == path))
        .map(|(field, path)| (path.to_owned(), posted.area(field)))
}

/// What the form asks for, by the kind of source.
fn read(posted: &Posted, source: &SourceView) -> Deploy {
    let text = |path: &str| posted.get(&format!("file:{path}")).map(|_| posted.area(&format!("file:{path}")));
    let main = source.language.map(|language| language.main_file());
    let list = source.language.map(|language| language.dependency_file());
    let code = match (source.kind, main.and_then(text)) {
        (SourceType::Git, _) => SourceDraft::of_posted(posted).git(),
        (kind, _) if kind.is_place() => SourceDraft::of_posted(posted).object(),
        (SourceType::Inline, Some(code)) => {
            let dependencies = list.and_then(text).filter(|text| !text.trim().is_empty());
            NewCode::Inline { code, dependencies }
        }
        _ => {
            let mut removed: Vec<String> = posted.all("remove").map(str::to_owned).collect();
            let back: Vec<_> =
                gone_files(source, posted).filter(|(path, _)| !removed.contains(path)).collect();
            let changed = source.files.iter().filter_map(|file| {
                let now = text(&file.path)?;
                (file.text.as_deref() != Some(&now) && !removed.contains(&file.path))
                    .then(|| (file.path.clone(), now))
            });
            let new =
                Some((posted.text("new_path"), posted.area("new_text"))).filter(|(path, _)| !path.is_empty());
            let changed = changed.chain(back).chain(new).collect();
            removed.retain(|path| source.files.iter().any(|file| file.path == *path));
            NewCode::Files { changed, removed }
        }
    };
    // "Deploy anyway" leaves the version out, and with it the check.
    let version = (posted.action() != "force").then(|| posted.text("version"));
    Deploy { version, handler: posted.text("handler"), language: None, code }
}

/// A newer version: what mine would change of it, file by file, and the choice.
fn conflict(problem: Option<&AppError>, files: &[Shown], posted: Option<&Posted>, here: &str) -> AnyView {
    let changed = || {
        let files = files.iter().filter_map(|Shown { file, .. }| {
            let (newest, mine) = (file.text.as_ref()?, posted?.get(&format!("file:{}", file.path))?);
            let mine = mine.replace("\r\n", "\n");
            let path = file.path.clone();
            (*newest != mine).then(|| {
                view! { <p class="file-name">{icon("file")}{path}</p>{diff(newest, &mine, "What deploying yours would change")} }
            })
        });
        files.collect::<Vec<_>>()
    };
    match problem {
        Some(error) if error.0.status == 409 => view! {
            <div class="notice warn" role="alert" tabindex="-1" data-focus="" id="errors">
                {icon("warn")}
                <div class="stack">
                    <div>
                        <p class="notice-title">"A newer version is already deployed."</p>
                        <p>"Someone changed this function after you opened its code. Your text is below; this is what deploying it would change of the newer version:"</p>
                    </div>
                    {changed()}
                    <div class="actions">
                        <a class="button small" data-discard-draft="" href=here.to_owned()>"Take the newer version"</a>
                        <button class="button small danger" form="code-form" name="do" value="force">"Deploy mine anyway"</button>
                    </div>
                </div>
            </div>
        }
        .into_any(),
        other => {
            let own = [("spec.runtime.handler", "handler"), ("spec.source", "files")];
            summary(other, &[&source_fields::FIELDS[..], &own[..]].concat())
        }
    }
}

/// Where the code is fetched from, instead of the code.
fn fetched(
    tenant: &TenantName,
    source: &SourceView,
    place: &Source,
    posted: Option<&Posted>,
    access: &Access,
    problem: Option<&AppError>,
) -> AnyView {
    let draft = posted.map_or_else(|| SourceDraft::of_source(place), SourceDraft::of_posted);
    let (title, fields) = match source.kind {
        SourceType::Git => ("Git repository", git_fields(&draft, access, problem)),
        _ => ("Archive in a bucket", bucket_fields(&draft, access, problem)),
    };
    let handler = posted.map_or_else(|| source.handler.clone(), |posted| posted.text("handler"));
    view! {
        <form method="post" class="stack" id="code-form" data-busy="Deploying…">{form::token()}
            <input type="hidden" name="version" value=source.version.clone()/>
            // What the Enter key presses: without it, the button that tries the source out.
            <button class="sr" name="do" value="deploy" tabindex="-1" aria-hidden="true">"Deploy"</button>
            <fieldset class="card stack source" id="files">
                <legend>{title}</legend>
                {fields}
                {trial(tenant, access)}
            </fieldset>
            {input(Input {
                name: "handler",
                label: "Handler",
                hint: "Module and function, as in main.handler.",
                value: handler,
                required: true,
                error: error_of(problem, &["spec.runtime.handler"]),
                ..Input::default()
            })}
            <div class="form-end">
                {submit("primary", "check", "Deploy", "deploy", (Permission::Write, tenant))}
                <span class="quiet-text">"A deployment without a change here fetches nothing: use Build again, on the page of a build."</span>
            </div>
        </form>
    }
    .into_any()
}

fn editor(
    tenant: &TenantName,
    name: &FunctionName,
    source: &SourceView,
    files: &[Shown],
    posted: Option<&Posted>,
    problem: Option<&AppError>,
) -> AnyView {
    let several = source.kind != SourceType::Inline;
    let tree: Vec<_> = files.iter().enumerate().map(|(at, shown)| entry(at, &shown.file)).collect();
    let panels: Vec<_> =
        files.iter().enumerate().map(|(at, shown)| panel(at, shown, source, posted)).collect();
    let handler = posted.map_or_else(|| source.handler.clone(), |posted| posted.text("handler"));
    // A form that was sent goes on from where it began, so that a newer version is still noticed.
    let began = posted.map(|posted| posted.text("version")).filter(|version| !version.is_empty());
    let version = began.unwrap_or_else(|| source.version.clone());
    let draft = form::draft_key("code", tenant, name, &version);
    let (new_path, new_text) =
        posted.map(|posted| (posted.text("new_path"), posted.area("new_text"))).unwrap_or_default();
    let new_file = (several && source.editable).then(|| {
        view! {
            <div class="file" id="file-new">
                {input(Input { name: "new_path", label: "Path of the new file", hint: "For example lib/text.py", value: new_path, ..Input::default() })}
                <CodeArea name="new_text".to_owned() label="Content of the new file".to_owned() value=new_text kind="text"/>
            </div>
        }
    });
    view! {
        <form method="post" class="stack" id="code-form" data-draft=draft data-busy="Deploying…">{form::token()}
            <input type="hidden" name="version" value=version/>
            {source.note.clone().map(|note| view! { <p class="quiet-text">{icon("info")}" "{note}</p> })}
            <div class="code-page" id="files">
                <nav class="tree" aria-label="Files">
                    <ul>
                        {tree}
                        {new_file.is_some().then(|| view! { <li><a href="#file-new">{icon("plus")}"New file"</a></li> })}
                    </ul>
                </nav>
                <div class="files">{panels}{new_file}</div>
            </div>
            {input(Input {
                name: "handler",
                label: "Handler",
                hint: "Module and function, as in main.handler.",
                value: handler,
                required: true,
                error: error_of(problem, &["spec.runtime.handler"]),
                ..Input::default()
            })}
            <div class="form-end">
                {if source.editable {
                    submit("primary", "check", "Deploy", "deploy", (Permission::Write, tenant))
                } else {
                    view! { <span class="quiet-text">"This source is edited where it comes from."</span> }.into_any()
                }}
                <a class="button" href=routes::download(tenant, name) download="">{icon("download")}"Download"</a>
                <span class="quiet-text">"A deployment builds a new image; calls go on until it is ready."</span>
            </div>
        </form>
    }
    .into_any()
}

fn entry(at: usize, file: &CodeFile) -> AnyView {
    match &file.text {
        Some(_) => {
            view! { <li><a href=format!("#file-{at}")>{icon("file")}{file.path.clone()}</a></li> }.into_any()
        }
        None => {
            view! { <li><span>{icon("file")}{file.path.clone()}" "{bytes(file.size)}</span></li> }.into_any()
        }
    }
}

fn panel(at: usize, shown: &Shown, source: &SourceView, posted: Option<&Posted>) -> AnyView {
    let Shown { file, gone } = shown;
    let Some(text) = &file.text else { return ().into_any() };
    let field = format!("file:{}", file.path);
    let value = posted
        .filter(|posted| posted.get(&field).is_some())
        .map_or_else(|| text.clone(), |posted| posted.area(&field));
    let removed = posted.is_some_and(|posted| posted.all("remove").any(|path| path == file.path));
    let removable = source.editable && source.kind != SourceType::Inline;
    view! {
        <div class="file" id=format!("file-{at}")>
            <p class="file-name">{icon("file")}{file.path.clone()}<span class="quiet-text">{bytes(file.size)}</span></p>
            {gone.then(|| view! { <p class="hint">"The newest version does not have this file; deploying yours adds it again."</p> })}
            <CodeArea
                name=field
                label=format!("Content of {}", file.path)
                value=value
                kind=kind_of(&file.path, source.language)
                rows=20
                readonly=!source.editable
            />
            {removable.then(|| view! {
                <label class="check"><input type="checkbox" name="remove" value=file.path.clone() checked=removed/><span>"Remove this file with the next deployment"</span></label>
            })}
        </div>
    }
    .into_any()
}
