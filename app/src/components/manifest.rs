//! A manifest to read and take along, and the commands that do the same from a terminal.

use domain::TenantName;
use leptos::prelude::*;

use super::button::copy;
use crate::session;

/// What one would type instead of using the page: `path` is below the tenant in the JSON API.
pub fn terminal(tenant: &TenantName, method: &'static str, path: &str) -> AnyView {
    let kubectl =
        format!("kubectl --kubeconfig data/kubeconfig -n {tenant} apply --server-side -f function.yaml");
    let base = session::base();
    let curl = format!(
        "curl -X {method} {base}/api/v1/tenants/{tenant}{path} \\\n  \
         -H \"Authorization: Bearer $(knative-lambda token create --tenant {tenant} | tail -1)\" \\\n  \
         -H 'content-type: application/yaml' --data-binary @function.yaml"
    );
    let command = |label: &'static str, text: String| {
        view! {
            <div class="copy-line">
                <pre class="command" tabindex="0" role="group" aria-label=label><code>{text.clone()}</code></pre>
                {copy(&text, label)}
            </div>
        }
    };
    view! {
        <section class="card">
            <h2>"The same from a terminal"</h2>
            <p class="hint">"With the manifest above in function.yaml:"</p>
            {command("kubectl command", kubectl)}
            {command("curl command", curl)}
        </section>
    }
    .into_any()
}

/// The manifest, read-only.
pub fn manifest(yaml: &str, label: &'static str) -> AnyView {
    let yaml = yaml.to_owned();
    view! {
        <div class="copy-line from-top">
            <pre class="json" tabindex="0" role="group" aria-label=label><code>{yaml.clone()}</code></pre>
            {copy(&yaml, "the manifest")}
        </div>
    }
    .into_any()
}
