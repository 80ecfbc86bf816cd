//! What someone sees who is not signed in: why, and how to get a link.

use leptos::prelude::*;

use crate::{
    AppError,
    components::icon::icon,
    form,
    frame::{self, Content, framed},
};

/// `/signed-out?reason=used|expired|idle|out`; the server sends people here.
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
        Some("idle") => (
            "You were away for a while",
            "Sessions end after 15 minutes without use. What you typed into a form is kept in this browser.",
        ),
        Some("out") => ("You are signed out", "Your session is gone from this browser and from the server."),
        _ => ("Sign in to go on", "This page needs a session."),
    };
    form::set_status(if reason.as_deref() == Some("out") { 200 } else { 401 });
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
