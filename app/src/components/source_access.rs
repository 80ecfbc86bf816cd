//! What stands beside the fields of a source: the Secrets to choose from, and a button that tries it out.

use domain::{
    TenantName,
    function::SourceType,
    identity::Permission,
    preflight::{Check, Verdict},
};
use leptos::prelude::*;

use super::icon::icon;
use crate::session;

/// The Secrets of the tenant by what they are for, and how the trial went when there was one.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Names to choose from.
    pub secrets: Vec<(String, Vec<SourceType>)>,
    /// What was found.
    pub check: Option<Check>,
}

/// The choices of a field with this list.
pub fn secret_choices(access: &Access, id: &'static str, kinds: &[SourceType]) -> AnyView {
    let fits = access.secrets.iter().filter(|(_, of)| of.iter().any(|kind| kinds.contains(kind)));
    let options: Vec<_> = fits.map(|(name, _)| view! { <option value=name.clone()></option> }).collect();
    view! { <datalist id=id>{options}</datalist> }.into_any()
}

/// The button, and below it the answer.
pub fn trial(tenant: &TenantName, access: &Access) -> AnyView {
    let refused = (!session::may(Permission::Write, tenant)).then(|| session::needs(Permission::Write));
    let hint = refused.clone().unwrap_or_else(|| "Fetches the code once, as a build would.".to_owned());
    view! {
        <div class="trial">
            <button class="button" name="do" value="test-source" formnovalidate disabled=refused.is_some()>
                {icon("play")}"Test access"
            </button>
            <span class="hint">{hint}</span>
        </div>
        {access.check.as_ref().map(answer)}
    }
    .into_any()
}

fn answer(check: &Check) -> AnyView {
    let (tone, shape, title) = match check.verdict {
        Verdict::Fine => ("good", "ok", "A build can fetch this."),
        Verdict::Doubtful => ("warn", "warn", "This is not sure."),
        Verdict::Blocked => ("bad", "fail", "A build can not fetch this."),
    };
    view! {
        <div class=format!("notice {tone}") role="status" id="access" tabindex="-1" data-focus="">
            {icon(shape)}
            <div><p class="notice-title">{title}</p><p>{check.detail.clone()}</p></div>
        </div>
    }
    .into_any()
}
