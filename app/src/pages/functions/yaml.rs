//! The manifest: read, copy, edit and apply.

use domain::identity::Permission;
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::{copy, submit},
        code_area::CodeArea,
        field::summary,
        function_head::function_head,
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
    let mut problem = None;
    let mut typed = None;
    if let Some(posted) = Posted::of_request() {
        let text = posted.area("manifest");
        match api::functions::apply_yaml(tenant.clone(), Some(name.clone()), text.clone()).await {
            Ok(_) => form::see_other(&format!("{here}?saved=yes")),
            Err(error) => {
                form::set_status(error.0.status);
                (problem, typed) = (Some(error), Some(text));
            }
        }
    }
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let text = typed.unwrap_or_else(|| detail.yaml.clone());
    let command =
        format!("kubectl --kubeconfig data/kubeconfig -n {tenant} get lambdafunction {name} -o yaml");
    let body = view! {
        {function_head(&detail, Some(Tab::Yaml))}
        {saved.then(|| done("Applied."))}
        {summary(problem.as_ref(), &[("", "manifest")])}
        <form method="post" class="stack" data-busy="Applying…">
            <CodeArea name="manifest".to_owned() label="Manifest in YAML".to_owned() value=text.clone() kind="yaml" rows=28/>
            <div class="form-end">
                {submit("primary", "check", "Apply", "apply", (Permission::Write, &tenant))}
                <a class="button quiet" href=here>"Start over"</a>
                {copy(&text, "the manifest")}
                <span class="quiet-text">"Values of Secrets are never part of a manifest."</span>
            </div>
        </form>
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
