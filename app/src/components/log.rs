//! A log on a page: the viewer, and the same lines plain for those without JavaScript.

use domain::{
    TenantName, Timestamp,
    log::{LogPage, LogTarget},
};
use leptos::prelude::*;

use super::{
    log_lines::{log_lines, whole_log},
    log_view::LogView,
    problem::panel_problem,
};
use crate::{
    AppError, routes,
    session::{BuildLogsKept, Look},
};

/// The log of `target`, of which `page` was read already; with `correlation` that of one call. `ended`: when the build
/// ended, whose log goes some days later.
pub fn log(
    tenant: &TenantName,
    target: &LogTarget,
    name: String,
    correlation: Option<String>,
    ended: Option<Timestamp>,
    page: Result<LogPage, AppError>,
) -> AnyView {
    let one_call = correlation.as_deref().map(|id| format!("?correlation={}", routes::encode(id)));
    let raw = routes::raw_log(tenant, target) + &one_call.unwrap_or_default();
    let expired = BuildLogsKept::of_server().until(ended).map(|at| {
        let (year, month, day) = at.date();
        format!("{year:04}-{month:02}-{day:02}")
    });
    let plain = match page {
        Ok(page) => log_lines(&page, raw.clone(), expired.as_deref()),
        Err(error) => {
            return view! { {panel_problem(&error, "The log")}{whole_log(raw)} }.into_any();
        }
    };
    view! {
        <LogView
            tenant=tenant.clone()
            target=target.clone()
            stream=routes::log_stream(tenant, target)
            raw
            expired
            correlation
            name
            wrap=Look::of_request().wrap
        />
        {plain}
    }
    .into_any()
}
