//! The forms of the Code tab: where the code is fetched from, or the code itself.

use domain::{
    FunctionName, TenantName,
    function::{CodeFile, Source, SourceType, SourceView},
    identity::Permission,
};
use leptos::prelude::*;

use super::code::{Shown, kind_of_form};
use crate::{
    AppError,
    components::{
        began::Began,
        button::submit,
        code_area::{CodeArea, kind_of},
        field::{Input, handler, input},
        icon::icon,
        source_access::{Access, trial},
        source_fields::{SourceDraft, bucket_fields, git_fields},
        time::bytes,
    },
    form::{self, Posted},
    routes,
};

/// What both forms show.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    pub(super) tenant: &'a TenantName,
    pub(super) name: &'a FunctionName,
    pub(super) source: &'a SourceView,
    pub(super) posted: Option<&'a Posted>,
    pub(super) problem: Option<&'a AppError>,
}

impl Form<'_> {
    fn began(&self) -> Began {
        Began::of(self.posted, &self.source.version)
    }

    fn draft(&self) -> String {
        form::draft_key("code", self.tenant, self.name, &self.began().version)
    }

    fn handler(&self) -> String {
        self.posted.map_or_else(|| self.source.handler.clone(), |posted| posted.text("handler"))
    }

    /// Where the form began, and of which kind of source it is.
    fn hidden(&self) -> AnyView {
        view! {
            {self.began().fields()}
            <input type="hidden" name="kind" value=kind_of_form(self.source.kind)/>
        }
        .into_any()
    }
}

/// Where the code is fetched from, instead of the code.
pub(super) fn fetched(form: &Form<'_>, place: &Source, access: &Access) -> AnyView {
    let Form { tenant, source, posted, problem, .. } = *form;
    let draft = posted.map_or_else(|| SourceDraft::of_source(place), SourceDraft::of_posted);
    let (title, fields) = match source.kind {
        SourceType::Git => ("Git repository", git_fields(&draft, access, problem)),
        _ => ("Archive in a bucket", bucket_fields(&draft, access, problem)),
    };
    view! {
        <form method="post" class="stack" id="code-form" data-draft=form.draft() data-sent=form.began().was_sent() data-busy="Deploying…">{form::token()}
            {form.hidden()}
            // What the Enter key presses: without it, the button that tries the source out.
            <button class="sr" name="do" value="deploy" tabindex="-1" aria-hidden="true">"Deploy"</button>
            <fieldset class="card stack source" id="files">
                <legend>{title}</legend>
                {fields}
                {trial(tenant, access)}
            </fieldset>
            {handler(form.handler(), problem)}
            <div class="form-end">
                {submit("primary", "check", "Deploy", "deploy", (Permission::Write, tenant))}
                <span class="quiet-text">"A deployment without a change here fetches nothing: press Build again, on the page of any build."</span>
            </div>
        </form>
    }
    .into_any()
}

/// The files, each in an editor.
pub(super) fn editor(form: &Form<'_>, files: &[Shown]) -> AnyView {
    let Form { tenant, name, source, posted, problem } = *form;
    let several = source.kind != SourceType::Inline;
    let tree: Vec<_> = files.iter().enumerate().map(|(at, shown)| entry(at, &shown.file)).collect();
    let panels: Vec<_> =
        files.iter().enumerate().map(|(at, shown)| panel(at, shown, source, posted)).collect();
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
        <form method="post" class="stack" id="code-form" data-draft=form.draft() data-sent=form.began().was_sent() data-busy="Deploying…">{form::token()}
            {form.hidden()}
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
            {handler(form.handler(), problem)}
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
