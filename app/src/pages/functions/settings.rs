//! Environment, secrets, scaling, resources, time-out; and the way to delete.

use domain::function::{EnvVar, FunctionDetail, ResourceList, Resources, Scaling, SettingsForm};
use leptos::prelude::*;

use super::settings_form::settings_form;
use crate::{
    AppError, api,
    components::function_head::function_head,
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
    let mut detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let mut problem = None;
    if let Some(posted) = &posted {
        let done = match read(posted, &detail) {
            Ok(form) => {
                // What was typed is shown again when it is refused.
                show(&mut detail, &form);
                api::functions::update_settings(tenant.clone(), name.clone(), form).await.map(drop)
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => form::see_other(&(routes::function(&tenant, &name, Tab::Settings) + "?saved=yes")),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let body = view! {
        {function_head(&detail, Some(Tab::Settings))}
        {settings_form(&detail, problem.as_ref(), saved)}
    };
    Ok(Content::functions(format!("{name} · Settings"), body))
}

fn read(posted: &Posted, detail: &FunctionDetail) -> Result<SettingsForm, AppError> {
    let number = |field: &str, path: &str| {
        posted.text(field).parse::<i32>().map_err(|_| AppError::invalid(path, "Write a whole number."))
    };
    let quantity = |field: &str| Some(posted.text(field)).filter(|text| !text.is_empty());
    let env =
        posted.pairs("env_name", "env_value").into_iter().map(|(name, value)| EnvVar::plain(name, value));
    // Variables from other objects are not in the form: they stay as they are.
    let referred = detail.env.iter().filter(|var| var.value_from.is_some()).cloned();
    let removed: Vec<&str> = posted.all("secret_remove").collect();
    let kept = posted.pairs("secret_name", "secret_value").into_iter();
    let secrets = kept
        .filter(|(name, _)| !removed.contains(&name.as_str()))
        .map(|(name, value)| (name, Some(value).filter(|value| !value.is_empty())))
        .collect();
    Ok(SettingsForm {
        version: posted.text("version"),
        env: env.chain(referred).collect(),
        secrets,
        scaling: Scaling {
            min_replicas: number("min_replicas", "spec.scaling.minReplicas")?,
            max_replicas: number("max_replicas", "spec.scaling.maxReplicas")?,
            target_concurrency: number("target_concurrency", "spec.scaling.targetConcurrency")?,
            container_concurrency: number("container_concurrency", "spec.scaling.containerConcurrency")?
                .into(),
            scale_to_zero_grace_period: posted.text("grace"),
        },
        resources: Resources {
            requests: ResourceList { cpu: quantity("request_cpu"), memory: quantity("request_memory") },
            limits: ResourceList { cpu: quantity("limit_cpu"), memory: quantity("limit_memory") },
        },
        build_timeout: posted.text("build_timeout"),
        traffic: Vec::new(),
    })
}

fn show(detail: &mut FunctionDetail, form: &SettingsForm) {
    detail.env.clone_from(&form.env);
    detail.scaling = form.scaling.clone();
    detail.resources = form.resources.clone();
    detail.build_timeout.clone_from(&form.build_timeout);
}
