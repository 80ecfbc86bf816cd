//! A log on a page: the viewer, and the same lines plain for those without JavaScript.

use domain::{
    TenantName,
    log::{LogPage, LogTarget},
};
use leptos::prelude::*;

use super::{log_lines::log_lines, log_view::LogView, problem::panel_problem};
use crate::{AppError, routes, session::Look};

/// The log of `target`, of which `page` was read already; with `correlation` that of one call.
pub fn log(
    tenant: &TenantName,
    target: &LogTarget,
    name: String,
    correlation: Option<String>,
    page: Result<LogPage, AppError>,
) -> AnyView {
    let raw = routes::raw_log(tenant, target);
    let one_call = correlation.as_deref().map(|id| format!("?correlation={}", routes::encode(id)));
    let plain = match page {
        Ok(page) => log_lines(&page),
        Err(error) => return panel_problem(&error, "The log"),
    };
    view! {
        <LogView
            tenant=tenant.clone()
            target=target.clone()
            stream=routes::log_stream(tenant, target)
            raw=raw + &one_call.unwrap_or_default()
            correlation
            name
            wrap=Look::of_request().wrap
        />
        {plain}
    }
    .into_any()
}
