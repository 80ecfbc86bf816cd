//! The create form's other view: the manifest, to be edited, created from, or taken back to the form.

use domain::{TenantName, identity::Permission};
use leptos::prelude::*;

use crate::{
    AppError,
    components::{
        button::{copy, submit},
        code_area::CodeArea,
        field::summary,
        function_head::breadcrumb,
        icon::icon,
        manifest::terminal,
    },
    form::{self, Posted},
    routes,
};

/// What is typed here, and what it takes to go back.
#[derive(Debug, Clone, Default)]
pub(super) struct Manifest {
    pub(super) text: String,
    /// The archive that the form holds.
    pub(super) upload: String,
    pub(super) receipt: String,
    /// What the form has no fields for.
    pub(super) left_out: Vec<String>,
}

impl Manifest {
    pub(super) fn sent(posted: &Posted) -> Self {
        Self {
            text: posted.area("manifest"),
            upload: posted.text("upload"),
            receipt: posted.get("receipt").unwrap_or_default().to_owned(),
            left_out: Vec::new(),
        }
    }
}

pub(super) fn create_yaml(tenant: &TenantName, manifest: &Manifest, problem: Option<&AppError>) -> AnyView {
    let lost = (!manifest.left_out.is_empty()).then(|| {
        view! {
            <div class="notice warn" role="alert" tabindex="-1" id="errors" data-focus="">
                {icon("warn")}
                <div class="stack">
                    <div>
                        <p class="notice-title">"The form can not show all of this."</p>
                        <p>"It has no fields for "<code>{manifest.left_out.join(", ")}</code>". Going back leaves that out; after the function is created, Settings and YAML have it all."</p>
                    </div>
                    <div class="actions">
                        <button class="button small danger" form="yaml-form" name="do" value="form-anyway">"Go back without it"</button>
                    </div>
                </div>
            </div>
        }
    });
    view! {
        {breadcrumb(tenant, None)}
        <div class="page-head"><h1>"New function"</h1></div>
        {summary(problem, &[("", "manifest")])}
        {lost}
        <form method="post" class="create" id="yaml-form" data-busy="Creating…" data-draft=format!("new-yaml:{tenant}") data-sent="">{form::token()}
            <input type="hidden" name="upload" value=manifest.upload.clone()/>
            <input type="hidden" name="receipt" value=manifest.receipt.clone()/>
            <div>
                <p class="hint">"The same function as a manifest. Create it from here, or go back to the form with your changes."</p>
                <CodeArea name="manifest".to_owned() label="Manifest in YAML".to_owned() value=manifest.text.clone() kind="yaml" rows=24/>
            </div>
            <div class="form-end">
                {submit("primary", "check", "Create and build", "apply", (Permission::Write, tenant))}
                <button class="button" name="do" value="form" formnovalidate>{icon("left")}"Back to the form"</button>
                <a class="button quiet" href=routes::functions(tenant)>"Cancel"</a>
                <span class="gap"></span>
                {copy(&manifest.text, "the manifest")}
            </div>
        </form>
        {terminal(tenant, "POST", "/functions")}
    }
    .into_any()
}
