//! The Triggers tab: what calls the function by itself.

use domain::{
    FunctionName, TenantName,
    function::{Runs, Schedule, Trigger, TriggerTest, TriggerView},
    identity::Permission,
};
use leptos::prelude::*;

use super::trigger_forms::{Typed, by_clock, by_events};
use crate::{
    AppError, api,
    components::{
        button::submit, empty::empty, field::summary, function_head::function_head, icon::icon, time::full,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/triggers`
#[component]
pub fn TriggersPage() -> impl IntoView {
    framed(load)
}

/// What a button has found out.
enum Found {
    Test(TriggerTest),
    Runs(Runs),
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    // Of what was typed, an address keeps the half that was not used.
    let typed = Typed::of(posted.as_ref().unwrap_or(&Posted(frame::queries())));
    let (mut problem, mut found) = (None, None);
    if let Some(posted) = &posted {
        match act(&tenant, &name, posted, &typed).await {
            Ok(None) => {
                let kept = match posted.action() {
                    "add-schedule" => typed.of_events(),
                    "remove" => Vec::new(),
                    _ => typed.of_clock(),
                };
                let here = routes::function(&tenant, &name, Tab::Triggers);
                form::see_other(&(here + &routes::query(kept)));
            }
            Ok(answer) => found = answer,
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let list = api::triggers::list_triggers(tenant.clone(), name.clone()).await?;
    let rows: Vec<_> = list.triggers.iter().map(|one| row(&tenant, one)).collect();
    let present = if rows.is_empty() {
        empty(
            "clock",
            "Nothing calls it by itself",
            "It answers to its address. Below, let events or the clock call it too.",
            ().into_any(),
        )
    } else {
        view! { <ul class="triggers">{rows}</ul> }.into_any()
    };
    let off = (!list.enabled).then(|| {
        view! {
            <div class="notice warn" role="status">
                {icon("warn")}
                <div><p class="notice-title">"Events are turned off for this function"</p><p>"Set spec.eventing.enabled to true in its YAML to let triggers call it."</p></div>
            </div>
        }
    });
    let (test, runs) = match &found {
        Some(Found::Test(test)) => (Some(tested(&tenant, test)), None),
        Some(Found::Runs(runs)) => (None, Some(told(runs))),
        None => (None, None),
    };
    let fields =
        [("filter", "by-events"), ("trigger", "by-events"), ("cron", "cron"), ("timezone", "timezone")];
    let body = view! {
        {function_head(&detail, Some(Tab::Triggers))}
        {summary(problem.as_ref(), &fields)}
        {off}
        {present}
        <form method="post" class="columns" id="trigger-form" data-busy="One moment…">{form::token()}
            // What the Enter key presses: without it, the button that adds a trigger, also in the schedule.
            <button class="sr" name="do" value="enter" tabindex="-1" aria-hidden="true">"Look"</button>
            <section class="card stack" id="by-events">
                <h2>"Let events call it"</h2>
                {by_events(&tenant, &typed, problem.as_ref())}
                {test}
            </section>
            <section class="card stack" id="by-clock">
                <h2>"Let the clock call it"</h2>
                {by_clock(&tenant, &typed, problem.as_ref())}
                {runs}
            </section>
        </form>
    };
    Ok(Content::functions(format!("{name} · Triggers"), body))
}

/// None: something was changed.
async fn act(
    tenant: &TenantName,
    name: &FunctionName,
    posted: &Posted,
    typed: &Typed,
) -> Result<Option<Found>, AppError> {
    let (tenant, name) = (tenant.clone(), name.clone());
    let schedule =
        Schedule { cron: typed.cron.clone(), timezone: typed.timezone.clone(), data: typed.data.clone() };
    // The Enter key changes nothing: it tells of what is filled in.
    let by_key = if typed.cron.is_empty() { "test" } else { "runs" };
    let action = Some(posted.action()).filter(|action| *action != "enter").unwrap_or(by_key);
    match action {
        "test" => {
            let filter = typed.attributes()?;
            api::triggers::test_trigger(tenant, name, filter).await.map(|test| Some(Found::Test(test)))
        }
        "runs" => api::triggers::explain_schedule(tenant, schedule).await.map(|runs| Some(Found::Runs(runs))),
        "remove" => {
            let trigger = serde_json::from_str(&posted.text("trigger")).map_err(|_| {
                AppError::invalid("trigger", "Load the page again and press Remove once more.")
            })?;
            api::triggers::remove_trigger(tenant, name, trigger).await.map(|()| None)
        }
        "add-schedule" => {
            let trigger = Trigger { schedule: Some(schedule), ..Trigger::default() };
            api::triggers::add_trigger(tenant, name, trigger).await.map(|()| None)
        }
        _ => {
            let trigger = Trigger { filter: typed.attributes()?, ..Trigger::default() };
            api::triggers::add_trigger(tenant, name, trigger).await.map(|()| None)
        }
    }
}

fn row(tenant: &TenantName, one: &TriggerView) -> AnyView {
    let json = serde_json::to_string(&one.trigger).unwrap_or_default();
    let what = match (&one.trigger.schedule, &one.runs) {
        (None, _) if one.trigger.filter.is_empty() => {
            view! { <strong>"Every event of the tenant"</strong> }.into_any()
        }
        (None, _) => {
            let wants: Vec<String> =
                one.trigger.filter.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            view! { <strong>"Events with "</strong><code>{wants.join(", ")}</code> }.into_any()
        }
        (Some(schedule), runs) => {
            let words = runs.as_ref().map_or_else(|| "By the clock".to_owned(), |runs| runs.words.clone());
            let next = runs.as_ref().and_then(|runs| runs.next.first()).map(|at| {
                view! { <p class="quiet-text">"Next: "{full(*at)}</p> }
            });
            let all = runs.as_ref().map(|runs| {
                view! { <details><summary>{icon("right")}"The next five"</summary>{times(runs)}</details> }
            });
            view! {
                <strong>{words}</strong>" "<code>{schedule.cron.clone()}</code>" "{schedule.timezone.clone()}
                {next}
                {all}
            }
            .into_any()
        }
    };
    let wrong =
        one.problem.clone().map(|why| view! { <p class="field-error">{icon("warn")}<span>{why}</span></p> });
    view! {
        <li class="card">
            {icon(if one.trigger.schedule.is_some() { "clock" } else { "events" })}
            <div>{what}{wrong}</div>
            <form method="post" data-busy="Removing…">{form::token()}
                <input type="hidden" name="trigger" value=json/>
                {submit("quiet small", "trash", "Remove", "remove", (Permission::Write, tenant))}
            </form>
        </li>
    }
    .into_any()
}

fn times(runs: &Runs) -> AnyView {
    let items: Vec<_> = runs.local.iter().map(|at| view! { <li>{at.clone()}</li> }).collect();
    view! { <ol class="lines runs">{items}</ol> }.into_any()
}

fn told(runs: &Runs) -> AnyView {
    view! {
        <div class="notice good" role="status" id="runs">
            {icon("clock")}
            <div><p class="notice-title">{runs.words.clone()}</p><p>"The next five times:"</p>{times(runs)}</div>
        </div>
    }
    .into_any()
}

fn tested(tenant: &TenantName, test: &TriggerTest) -> AnyView {
    let connection = match &test.connection {
        Ok(()) => view! { <p class="notice-title">"Events come through to this function."</p> }.into_any(),
        Err(why) => view! { <p class="notice-title">{why.clone()}</p> }.into_any(),
    };
    let (tone, shape) = if test.connection.is_ok() { ("good", "ok") } else { ("warn", "warn") };
    let newest: Vec<_> = test
        .newest
        .iter()
        .map(
            |(position, kind)| view! { <li><a href=routes::event(tenant, *position)>{kind.clone()}</a></li> },
        )
        .collect();
    let missed: Vec<String> = test.missed.iter().map(|(name, count)| format!("{count} by {name}")).collect();
    view! {
        <div class=format!("notice {tone}") role="status" id="test">
            {icon(shape)}
            <div>
                {connection}
                <p>{format!("Of the newest {} events that could call it, {} match.", test.looked_at, test.matching)}</p>
                {(!newest.is_empty()).then(|| view! { <ul class="lines">{newest}</ul> })}
                {(!missed.is_empty()).then(|| view! { <p class="quiet-text">{format!("The others differ: {}.", missed.join(", "))}</p> })}
            </div>
        </div>
    }
    .into_any()
}
