//! The manifest: read, copy, edit and apply.

use domain::identity::Permission;
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::{copy, submit},
        code_area::CodeArea,
        conflict::{Conflict, conflict, is_conflict},
        diff::diff,
        field::summary,
        function_head::function_head,
        icon::icon,
        manifest::manifest,
        problem::done,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/yaml`
#[component]
pub fn YamlPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let saved = frame::query("saved").is_some();
    let here = routes::function(&tenant, &name, Tab::Yaml);
    let (mut problem, mut typed, mut version) = (None, None, None);
    if let Some(posted) = Posted::of_request() {
        let text = posted.area("manifest");
        let from = posted.text(if posted.action() == "force" { "newest" } else { "version" });
        // The Settings tab brings its manifest here to be edited; nothing is applied by that.
        if posted.action() != "show" {
            let from = Some(from.clone()).filter(|version| !version.is_empty());
            match api::functions::apply_yaml(tenant.clone(), Some(name.clone()), from, text.clone()).await {
                Ok(_) => form::see_other(&format!("{here}?saved=yes")),
                Err(error) => {
                    form::set_status(error.0.status);
                    problem = Some(error);
                }
            }
        }
        (typed, version) = (Some(text), Some(from));
    }
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let sent = typed.is_some();
    let text = typed.unwrap_or_else(|| detail.manifest.clone());
    let notice = if is_conflict(problem.as_ref()) {
        conflict(Conflict {
            text: "This is what applying yours would change of it:",
            changes: diff(&detail.manifest, &text, "What applying yours would change"),
            here: &here,
            anyway: Some(("yaml-form", "Apply mine anyway")),
        })
    } else {
        summary(problem.as_ref(), &[("", "manifest")])
    };
    let newest = detail.summary.version.clone();
    let version = version.filter(|version| !version.is_empty()).unwrap_or_else(|| newest.clone());
    let draft = form::draft_key("yaml", &tenant, &name, &version);
    let command =
        format!("kubectl --kubeconfig data/kubeconfig -n {tenant} get lambdafunction {name} -o yaml");
    let body = view! {
        {function_head(&detail, Some(Tab::Yaml))}
        {saved.then(|| done("Applied."))}
        {notice}
        <form method="post" class="stack" id="yaml-form" data-busy="Applying…" data-draft=draft data-sent=sent.then_some("")>{form::token()}
            <input type="hidden" name="version" value=version/>
            <input type="hidden" name="newest" value=newest/>
            <CodeArea name="manifest".to_owned() label="Manifest in YAML".to_owned() value=text.clone() kind="yaml" rows=28/>
            <div class="form-end">
                {submit("primary", "check", "Apply", "apply", (Permission::Write, &tenant))}
                <a class="button quiet" data-discard-draft="" href=here>"Start over"</a>
                {copy(&text, "the manifest")}
                <span class="quiet-text">"Values of Secrets are never part of a manifest."</span>
            </div>
        </form>
        <details class="advanced">
            <summary>{icon("right")}"The whole resource, with its status"</summary>
            {manifest(&detail.yaml, "The whole resource")}
        </details>
        <section class="card">
            <h2>"The same from a terminal"</h2>
            <div class="copy-line">
                <pre class="command" tabindex="0" role="group" aria-label="kubectl command"><code>{command.clone()}</code></pre>
                {copy(&command, "the command")}
            </div>
        </section>
    };
    Ok(Content::functions(format!("{name} · YAML"), body))
}
