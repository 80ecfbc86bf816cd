//! Environment, secrets, scaling, resources, time-out; and the way to delete.

use domain::function::{EnvVar, FunctionDetail, ResourceList, Resources, Scaling, SettingsForm};
use leptos::prelude::*;

use super::{
    settings_form::settings_form,
    traffic_rows::{shares_of, shares_sent, targets},
};
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
    let (mut problem, mut preview) = (None, None);
    if let Some(posted) = &posted {
        match read(posted, &detail) {
            Ok(form) => {
                // What was typed is shown again when it is refused.
                show(&mut detail, &form);
                if posted.action() == "yaml" {
                    preview =
                        Some(api::functions::preview_settings(tenant.clone(), name.clone(), form).await?);
                } else {
                    match api::functions::update_settings(tenant.clone(), name.clone(), form.clone()).await {
                        Ok(_) => {
                            form::see_other(&(routes::function(&tenant, &name, Tab::Settings) + "?saved=yes"))
                        }
                        Err(error) => {
                            if error.0.status == 409 {
                                preview =
                                    api::functions::preview_settings(tenant.clone(), name.clone(), form)
                                        .await
                                        .ok();
                            }
                            problem = Some(error);
                        }
                    }
                }
            }
            Err(error) => problem = Some(error),
        }
    }
    if let Some(error) = &problem {
        form::set_status(error.0.status);
    }
    // What was typed is shown again, also when it is no number.
    let shares = posted.as_ref().map(shares_sent).filter(|_| problem.is_some() || preview.is_some());
    let shares = shares.unwrap_or_else(|| shares_of(&detail.traffic));
    // A form that was sent goes on from where it began, so that a newer version is still noticed.
    let version = posted.as_ref().map(|posted| posted.text("version")).filter(|version| !version.is_empty());
    let version = version.unwrap_or_else(|| detail.summary.version.clone());
    let body = view! {
        {function_head(&detail, Some(Tab::Settings))}
        {settings_form(&detail, &shares, problem.as_ref(), preview.as_ref(), &version, saved)}
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
        // "Save mine anyway" begins from the version whose difference was shown.
        version: posted.text(if posted.action() == "force" { "newest" } else { "version" }),
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
        traffic: targets(&shares_sent(posted), &detail.traffic)?,
    })
}

fn show(detail: &mut FunctionDetail, form: &SettingsForm) {
    detail.env.clone_from(&form.env);
    detail.scaling = form.scaling.clone();
    detail.resources = form.resources.clone();
    detail.build_timeout.clone_from(&form.build_timeout);
}
