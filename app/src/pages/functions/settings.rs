//! Environment, secrets, scaling, resources, time-out; and the way to delete.

use domain::function::Preview;
use leptos::prelude::*;

use super::{
    settings_fields::Fields,
    settings_form::{Shown, settings_form},
};
use crate::{
    AppError, api,
    components::{began::Began, function_head::function_head},
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/settings`
#[component]
pub fn SettingsPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    let saved = frame::query("saved").is_some();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let mut fields = Fields::of(&detail);
    let (mut problem, mut preview) = (None, None);
    if let Some(posted) = &posted {
        fields = Fields::sent(posted, &detail);
        match fields.read(posted, &detail) {
            Ok(form) if posted.action() == "yaml" => {
                preview = Some(api::functions::preview_settings(tenant.clone(), name.clone(), form).await?);
            }
            Ok(form) => {
                match api::functions::update_settings(tenant.clone(), name.clone(), form.clone()).await {
                    Ok(_) => {
                        form::see_other(&(routes::function(&tenant, &name, Tab::Settings) + "?saved=yes"))
                    }
                    Err(error) => {
                        if error.0.status == 409 {
                            let shown = api::functions::preview_settings(tenant.clone(), name.clone(), form);
                            preview = shown.await.ok() as Option<Preview>;
                        }
                        problem = Some(error);
                    }
                }
            }
            Err(error) => problem = Some(error),
        }
    }
    if let Some(error) = &problem {
        form::set_status(error.0.status);
    }
    let began = Began::of(posted.as_ref(), &detail.summary.version);
    let checks = api::functions::preflight_of(tenant.clone(), name.clone()).await;
    let shown = Shown {
        detail: &detail,
        fields: &fields,
        problem: problem.as_ref(),
        preview: preview.as_ref(),
        began: &began,
        saved,
        checks: &checks,
    };
    let body = view! {
        {function_head(&detail, Some(Tab::Settings))}
        {settings_form(&shown)}
    };
    Ok(Content::functions(format!("{name} · Settings"), body))
}
