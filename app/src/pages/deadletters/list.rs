//! Events that could not be delivered: by error, and one by one.

use domain::{
    Cursor, TenantName,
    deadletter::{DeadLetter, DeadLetterFilter, DeadLetterGroup, ReplayJob, ReplayState},
    identity::Permission,
};
use leptos::prelude::*;

use super::filter::{self, kind_pill};
use crate::{
    AppError, api,
    components::{
        button::link_button,
        empty::empty,
        icon::icon,
        pager::pager,
        problem::panel_problem,
        status::event_label,
        table::{About, head, table},
        time::ago,
    },
    frame::{self, Content, framed},
    routes, session,
};

/// `/t/:tenant/deadletters`
#[component]
pub fn ListPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let wanted = filter::read();
    let cursor = frame::query("cursor").map(Cursor);
    let later = cursor.is_some();
    let discarded = frame::query("discarded");
    let page = api::dead_letters::list_dead_letters(tenant.clone(), wanted.clone(), cursor).await?;
    let groups = api::dead_letters::group_dead_letters(tenant.clone(), wanted.clone()).await;
    let jobs = api::dead_letters::list_replays(tenant.clone()).await;
    let here = routes::dead_letters(&tenant);
    let next = page.next.as_ref().map(|cursor| filter::href(&here, &wanted, Some(&cursor.0)));
    let first = later.then(|| filter::href(&here, &wanted, None));
    let counted = groups.as_ref().map_or(0, |groups| groups.iter().map(|group| group.count).sum());
    let list = if page.items.is_empty() {
        nothing(&here, &wanted)
    } else {
        view! {
            {rows(&tenant, &wanted, &page.items, counted)}
            {pager(first, next, page.items.len(), "dead letters")}
        }
        .into_any()
    };
    let groups = match groups {
        Ok(groups) if groups.is_empty() => ().into_any(),
        Ok(groups) => group_table(&here, &wanted, &groups),
        Err(error) => panel_problem(&error, "The groups"),
    };
    let live = (!later).then_some("deadletters");
    let running = jobs.unwrap_or_default();
    let body = view! {
        <div class="page-head"><h1>"Dead letters"</h1></div>
        <p class="lead quiet-text">"Events that a function could not take in any of its tries. Looking takes none away; they are kept until someone replays or discards them."</p>
        {discarded.map(|count| view! {
            <div class="notice good" role="status">{icon("ok")}<div><p class="notice-title">{format!("{count} discarded.")}</p></div></div>
        })}
        {filter::form(&here, &wanted)}
        <div class="stack" id="groups" data-live="deadletters">{job_list(&tenant, &running)}{groups}</div>
        <button type="button" class="button small primary new-chip" id="letters-chip" hidden aria-live="polite"></button>
        <div class="stack" id="letters" data-live=live data-chip="">{list}</div>
    };
    Ok(Content::dead_letters("Dead letters", body))
}

fn nothing(here: &str, wanted: &DeadLetterFilter) -> AnyView {
    if *wanted == DeadLetterFilter::default() {
        return empty(
            "ok",
            "No dead letters",
            "Every event reached its function. That is how it should be.",
            ().into_any(),
        );
    }
    let clear = link_button(here.to_owned(), "", "cross", "Clear filters", None);
    empty("search", "No dead letter matches", "None that is there fits the filters.", clear)
}

/// Jobs that are not over, so that their pages are found again.
fn job_list(tenant: &TenantName, jobs: &[ReplayJob]) -> AnyView {
    let open: Vec<_> = jobs
        .iter()
        .filter(|job| !job.state.is_final())
        .map(|job| {
            let state = if job.state == ReplayState::Paused { "paused" } else { "runs" };
            view! {
                <li>
                    <a href=routes::replay_job(tenant, &job.id)>{format!("The replay of {} by {}", job.total, job.asked_by)}</a>
                    {format!(" {state}: {} sent, {} left.", job.sent, job.left())}
                </li>
            }
        })
        .collect();
    if open.is_empty() {
        return ().into_any();
    }
    view! { <div class="notice" role="status">{icon("run")}<ul class="lines">{open}</ul></div> }.into_any()
}

fn group_table(here: &str, wanted: &DeadLetterFilter, groups: &[DeadLetterGroup]) -> AnyView {
    let rows: Vec<_> = groups
        .iter()
        .map(|group| {
            let one = DeadLetterFilter {
                error: Some(group.error.clone()),
                kind: Some(group.kind),
                ..wanted.clone()
            };
            let name = if group.error.is_empty() { "(no reason)".to_owned() } else { group.error.clone() };
            let functions = if group.functions == 1 { "function" } else { "functions" };
            view! {
                <tr>
                    <td><a class="row-link" href=filter::href(here, &one, None)>{name}</a></td>
                    <td>{kind_pill(group.kind)}</td>
                    <td class="number">{group.count}</td>
                    <td class="wide-only">{format!("{} {functions}", group.functions)}</td>
                    <td class="number wide-only">{ago(group.first)}</td>
                    <td class="number">{ago(group.last)}</td>
                </tr>
            }
        })
        .collect();
    let about = About { caption: "Dead letters by error, the newest first".to_owned(), ..About::default() };
    let heads = [
        head("Error", ""),
        head("Kind", ""),
        head("Count", "number"),
        head("For", "wide-only"),
        head("First", "number wide-only"),
        head("Last", "number"),
    ];
    view! {
        <section class="stack">
            <h2>"By error"</h2>
            {table(about, heads, rows)}
        </section>
    }
    .into_any()
}

fn rows(tenant: &TenantName, wanted: &DeadLetterFilter, letters: &[DeadLetter], counted: u64) -> AnyView {
    let rows: Vec<_> = letters.iter().map(|letter| row(tenant, letter)).collect();
    let all = filter::href(&routes::replay(tenant), wanted, None);
    let away = filter::href(&routes::discard(tenant), wanted, None);
    let refused = |needed| (!session::may(needed, tenant)).then(|| session::needs(needed));
    let (replay, discard) = (refused(Permission::Invoke), refused(Permission::Write));
    let about = About { caption: "Dead letters, newest first".to_owned(), linked: true, ..About::default() };
    let choose = view! {
        <th scope="col">
            <span class="sr">"Choose"</span>
            <input type="checkbox" hidden data-choose-all="p" aria-label="Choose all on this page"/>
        </th>
    };
    let heads = [
        choose.into_any(),
        head("Event", ""),
        head("Function", "wide-only"),
        head("Reason", "wide-only"),
        head("Tries", "number wide-only"),
        head("Source", "wide-only"),
        head("Died", "number"),
    ];
    view! {
        <form class="stack" method="get" action=routes::replay(tenant)>
            <input type="hidden" name="chosen" value="only"/>
            <div class="section-head wraps">
                <h2>"One by one"</h2>
                <div class="actions">
                    <button class="button" disabled=replay.is_some() title=replay>{icon("refresh")}"Replay the chosen"</button>
                    <button class="button quiet" formaction=routes::discard(tenant) disabled=discard.is_some() title=discard>{icon("trash")}"Discard the chosen"</button>
                    {link_button(all, "primary", "refresh", "Replay all that match", Some((Permission::Invoke, tenant)))}
                    {link_button(away, "quiet", "trash", "Discard all that match", Some((Permission::Write, tenant)))}
                </div>
            </div>
            <p class="quiet-text">
                {format!("{counted} match the filters, {} of them on this page. ", letters.len())}
                <span role="status" data-chosen=""></span>
            </p>
            {table(about, heads, rows)}
        </form>
    }
    .into_any()
}

fn row(tenant: &TenantName, letter: &DeadLetter) -> AnyView {
    let label = event_label(&letter.event);
    let replays = letter.replays();
    let again = (replays > 0).then(|| {
        let times = if replays == 1 { "time" } else { "times" };
        view! { <span class="pill bad">{icon("refresh")}{format!("dead again, replayed {replays} {times}")}</span> }
    });
    let function = letter.function.as_ref().map_or_else(|| "no function".to_owned(), ToString::to_string);
    let reason = letter.reason.lines().next().unwrap_or_default().to_owned();
    let status = letter.last_status().map(|status| format!(" · HTTP {status}"));
    view! {
        <tr id=format!("letter-{}", letter.position)>
            <td><input type="checkbox" name="p" value=letter.position aria-label=format!("Choose {}", letter.event.id)/></td>
            <td>
                <a class="row-link" href=routes::dead_letter(tenant, letter.position)>
                    <span>
                        {label}" "<code>{letter.event.id.clone()}</code>
                        <span class="below">{format!("{function} · {reason}")}</span>
                    </span>
                </a>
                {again}
            </td>
            <td class="wide-only">{function.clone()}</td>
            <td class="wide-only clip">{reason}{status}</td>
            <td class="number wide-only">{letter.attempts.len()}</td>
            <td class="wide-only clip">{letter.event.source.clone()}</td>
            <td class="number">{ago(letter.died_at)}</td>
        </tr>
    }
    .into_any()
}
