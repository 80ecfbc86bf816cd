//! The plan of a replay: what would be sent, where to, and how fast.

use domain::{
    TenantName,
    deadletter::{PlannedFunction, Replay, ReplayPlan},
    identity::Permission,
};
use leptos::prelude::*;

use super::{detail::breadcrumb, filter};
use crate::{
    AppError, api,
    components::{
        button::submit,
        empty::empty,
        field::{Input, error_of, input, summary},
        icon::icon,
        table::{About, head, table},
        time::full,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/deadletters/replay`
#[component]
pub fn PlanPage() -> impl IntoView {
    framed(load)
}

/// A number that may be left out.
fn number<T: std::str::FromStr>(
    posted: &Posted,
    name: &'static str,
    path: &str,
) -> Result<Option<T>, AppError> {
    match posted.text(name).as_str() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| AppError::invalid(path, "Write a whole number, or leave it empty.")),
    }
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let wanted = filter::read();
    let plan = api::dead_letters::plan_replay(tenant.clone(), wanted.clone()).await?;
    let posted = Posted::of_request().filter(|_| !filter::none_chosen(&wanted));
    let mut problem = None;
    if let Some(posted) = &posted {
        let asked = number(posted, "rate", "rate").and_then(|rate| {
            let stop_after = number(posted, "stop-after", "stopAfter")?;
            let upto = posted.text("upto").parse().unwrap_or_default();
            Ok(Replay { filter: wanted.clone(), upto, rate, stop_after })
        });
        let started = match asked {
            Ok(asked) => api::dead_letters::start_replay(tenant.clone(), asked).await,
            Err(error) => Err(error),
        };
        match started {
            Ok(job) => form::see_other(&routes::replay_job(&tenant, &job.id)),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let typed = |name: &'static str, default: &str| {
        posted.as_ref().map_or_else(|| default.to_owned(), |posted| posted.text(name))
    };
    let main = if filter::none_chosen(&wanted) {
        filter::choose_first(&tenant)
    } else if plan.count == 0 {
        let back = view! { <a class="button" href=routes::dead_letters(&tenant)>"Back to the list"</a> };
        empty(
            "search",
            "Nothing to replay",
            "No dead letter fits any more: somebody may have replayed or discarded them.",
            back.into_any(),
        )
    } else {
        view! {
            {facts(&plan)}
            {targets(&tenant, &plan.functions)}
            <form method="post" class="stack narrow" data-busy="Beginning…">{form::token()}
                <input type="hidden" name="upto" value=plan.upto/>
                {input(Input {
                    name: "rate",
                    label: "Events a second at most",
                    hint: "Empty: as fast as it goes.",
                    value: typed("rate", ""),
                    kind: "number",
                    range: Some((1, 10_000)),
                    error: error_of(problem.as_ref(), &["rate"]),
                    ..Input::default()
                })}
                {input(Input {
                    name: "stop-after",
                    label: "Stop after so many failures",
                    hint: "Counts events that can not be sent and those that die again. Empty: never.",
                    value: typed("stop-after", "10"),
                    kind: "number",
                    range: Some((1, 1_000_000)),
                    error: error_of(problem.as_ref(), &["stopAfter"]),
                    ..Input::default()
                })}
                <div class="form-end">
                    {submit("primary", "refresh", "Begin the replay", "start", (Permission::Invoke, &tenant))}
                    <a class="button quiet" href=filter::href(&routes::dead_letters(&tenant), &wanted, None)>"Back"</a>
                </div>
            </form>
        }
        .into_any()
    };
    let body = view! {
        {breadcrumb(&tenant)}
        <div class="page-head"><h1>"Plan of a replay"</h1></div>
        <p class="lead">"Of "{filter::words(&wanted)}". Nothing is sent before you begin."</p>
        {summary(problem.as_ref(), &[("rate", "rate"), ("stopAfter", "stop-after")])}
        <div class="stack">{main}</div>
    };
    Ok(Content::dead_letters("Plan of a replay", body))
}

fn facts(plan: &ReplayPlan) -> AnyView {
    let repeated = (plan.repeated > 0).then(|| {
        view! {
            <div class="notice" role="status">
                {icon("warn")}
                <div><p class="notice-title">{format!("{} of them were replayed before and died again.", plan.repeated)}</p></div>
            </div>
        }
    });
    view! {
        <section class="card">
            <h2>"What would be sent"</h2>
            <dl class="facts">
                <div><dt>"Events"</dt><dd id="plan-count">{plan.count}</dd></div>
                <div><dt>"Oldest died"</dt><dd>{plan.oldest.map(full)}</dd></div>
                <div><dt>"Newest died"</dt><dd>{plan.newest.map(full)}</dd></div>
                <div><dt>"Ids"</dt><dd>"stay the same, so that a function can drop doubles"</dd></div>
            </dl>
        </section>
        {repeated}
    }
    .into_any()
}

fn targets(tenant: &TenantName, functions: &[PlannedFunction]) -> AnyView {
    let rows: Vec<_> = functions
        .iter()
        .map(|planned| {
            let revision = match &planned.revision {
                Some(revision) => view! { <code>{revision.clone()}</code> }.into_any(),
                None => view! { <span class="pill bad">{icon("fail")}"not there or not ready"</span> }.into_any(),
            };
            let function = planned.function.as_ref().map(|name| {
                view! { <a href=routes::function(tenant, name, Tab::Overview)>{name.to_string()}</a> }
            });
            view! {
                <tr>
                    <td>{function.map_or_else(|| "for no function: stays here".into_any(), IntoAny::into_any)}</td>
                    <td class="number">{planned.count}</td>
                    <td>{revision}</td>
                </tr>
            }
        })
        .collect();
    let about = About { caption: "Where the events would go".to_owned(), ..About::default() };
    let heads = [head("Function", ""), head("Events", "number"), head("Revision that will run", "")];
    table(about, heads, rows)
}
