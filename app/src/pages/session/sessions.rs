//! The caller's sessions on the page of preferences: where they are, and a way to end each.

use domain::session::OpenSession;
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        icon::icon,
        table::{About, head, table, unseen_head},
        time::ago,
    },
    form::{self, Posted},
    session,
};

/// Does what a button of the card asks for; false when it was none of them.
pub(super) async fn act(posted: &Posted) -> Result<bool, AppError> {
    match posted.action() {
        "end-session" => api::session::end_session(posted.text("session")).await?,
        "end-others" => api::session::end_other_sessions().await?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Who is signed in, and where.
pub(super) fn card(who: &str, open: Vec<OpenSession>) -> AnyView {
    let here = session::key().map(|key| key.0).unwrap_or_default();
    let others = open.iter().any(|session| session.key != here);
    let rows: Vec<_> = open.iter().map(|session| row(session, session.key == here)).collect();
    let about = About {
        caption: "Your sessions, the one used last first".to_owned(),
        wide: Some("Sessions"),
        ..About::default()
    };
    let heads = [
        head("Browser", ""),
        head("From", "wide-only"),
        head("Signed in", "number"),
        head("Used", "number"),
        unseen_head("Acts"),
    ];
    view! {
        <section class="card">
            <h2>"Sessions"</h2>
            <p>"Signed in as "<strong>{who.to_owned()}</strong>"."</p>
            {table(about, heads, rows)}
            <div class="form-end">
                <form method="post" action="/sign-out">{form::token()}<button class="button">{icon("user")}"Sign out"</button></form>
                {others.then(|| view! {
                    <form method="post">{form::token()}<button class="button quiet" name="do" value="end-others">{icon("cross")}"End all others"</button></form>
                })}
            </div>
        </section>
    }
    .into_any()
}

fn row(session: &OpenSession, here: bool) -> AnyView {
    let facts = &session.facts;
    let device = facts.device();
    let label = format!("End the session of {device}");
    let end = (!here).then(|| {
        view! {
            <form method="post">
                {form::token()}
                <input type="hidden" name="session" value=session.key.clone()/>
                <button class="button small" name="do" value="end-session" aria-label=label>"End"</button>
            </form>
        }
    });
    view! {
        <tr>
            <td>{device}{here.then(|| view! { <span class="reason">"this one"</span> })}<span class="below">{facts.address.clone()}</span></td>
            <td class="wide-only">{facts.address.clone()}</td>
            <td class="number">{ago(facts.began)}</td>
            <td class="number">{ago(facts.seen)}</td>
            <td>{end}</td>
        </tr>
    }
    .into_any()
}
