//! What someone sees who is not signed in: why, and how to get a link.

use leptos::prelude::*;
use platform::Platform;

use crate::{
    AppError,
    components::icon::icon,
    form,
    frame::{self, Content, framed},
    session,
};

/// `/signed-out?reason=used|expired|ended|out`; the server sends people here.
#[component]
pub fn SignedOutPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let reason = frame::query("reason");
    let (title, text) = match reason.as_deref() {
        Some("used") => {
            ("This link was used already", "A sign-in link works once, so that nobody can use it after you.")
        }
        Some("expired") => {
            ("This link is too old", "Sign-in links expire, so that a forgotten one is of no use to others.")
        }
        Some("invalid") => ("This link is not valid", "It may have been cut off when it was copied."),
        Some("ended") => (
            "Your session has ended",
            "That is so after 15 minutes without use, after 12 hours in any case, and when it is ended from another \
             place. What you typed into a form is kept in this browser.",
        ),
        Some("provider") => (
            "The identity provider does not answer",
            "Nobody can sign in until it is back. Those who are signed in are not concerned.",
        ),
        Some("attempt") => ("This sign-in is over", "It took too long, or it was begun in another browser."),
        Some("provider_said_no") => {
            ("The identity provider said no", "You went back, or may not use this platform.")
        }
        Some("token") => (
            "The identity provider's answer is refused",
            "It can not be shown to be for you and for this platform. Tell an administrator.",
        ),
        Some("no_tenant") => (
            "You are in no tenant yet",
            "You are signed in. Ask an owner of a tenant, or an administrator, to make you a member; then load this page again.",
        ),
        Some("out") => ("You are signed out", "Your session is gone from this browser and from the server."),
        _ => ("Sign in to go on", "This page needs a session."),
    };
    form::set_status(match reason.as_deref() {
        Some("out") => 200,
        Some("provider") => 503,
        Some("no_tenant") => 403,
        _ => 401,
    });
    if let Some(caller) = session::caller().filter(|_| reason.as_deref() == Some("no_tenant")) {
        let body = view! {
            <section class="empty sign-in">
                <svg class="logo large" aria-hidden="true"><use href="#i-logo"></use></svg>
                <h1>{title}</h1>
                <p>{text}</p>
                <p class="quiet-text">"Your name for the list of members: "<code>{caller.user.id}</code></p>
                <div class="actions">
                    <a class="button primary" href="/">{icon("refresh")}"Look again"</a>
                    <form method="post" action="/sign-out">{form::token()}<button class="button">"Sign out"</button></form>
                </div>
            </section>
        };
        return Ok(Content::other(title, body));
    }
    if let Some(sign_in) =
        use_context::<Platform>().and_then(|platform| platform.sign_in().map(str::to_owned))
    {
        let body = view! {
            <section class="empty sign-in">
                <svg class="logo large" aria-hidden="true"><use href="#i-logo"></use></svg>
                <h1>{title}</h1>
                <p>{text}</p>
                <div class="actions"><a class="button primary" href=sign_in>{icon("user")}"Sign in"</a></div>
            </section>
        };
        return Ok(Content::other(title, body));
    }
    let body = view! {
        <section class="empty sign-in">
            <svg class="logo large" aria-hidden="true"><use href="#i-logo"></use></svg>
            <h1>{title}</h1>
            <p>{text}</p>
            <div class="card">
                <h2>"How to get a sign-in link"</h2>
                <ol class="plain-steps">
                    <li>"On the machine that runs the platform, look at the terminal: a link is printed at each start."</li>
                    <li>"If it is used already, print another one while it runs: "<code>"knative-lambda sign-in-link"</code>", or "<code>"make link"</code>" beside "<code>"make run"</code>"."</li>
                    <li>"Open it in this browser. You land where you left off."</li>
                </ol>
            </div>
            <p class="quiet-text">{icon("info")}"Scripts use a token instead: "<code>"knative-lambda token create"</code></p>
        </section>
    };
    Ok(Content::other(title, body))
}
