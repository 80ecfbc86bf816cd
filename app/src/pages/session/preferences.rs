//! How this browser shows pages; and the way out.

use http::header::SET_COOKIE;
use leptos::prelude::*;

use super::sessions;
use crate::{
    AppError, api,
    components::{icon::icon, problem::done},
    form::{self, Posted},
    frame::{self, Content, framed},
    routes,
    session::{self, Look},
};

/// `/t/:tenant/preferences`
#[component]
pub fn PreferencesPage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let here = routes::preferences(&tenant);
    if let Some(posted) = Posted::of_request() {
        if sessions::act(&posted).await? {
            form::see_other(&format!("{here}?ended=yes"));
        } else {
            save(&posted);
            form::see_other(&format!("{here}?saved=yes"));
        }
    }
    let caller = session::caller().ok_or_else(AppError::unauthenticated)?;
    let open = api::session::sessions().await?;
    let look = Look::of_request();
    let theme = |value: &'static str, shape: &'static str, text: &'static str| {
        let chosen = look.theme.unwrap_or("system") == value;
        view! {
            <label class="choice">
                <input type="radio" name="theme" value=value checked=chosen/>
                <span class="choice-body">{icon(shape)}<span class="choice-title">{text}</span></span>
            </label>
        }
    };
    let body = view! {
        <div class="page-head"><h1>"Preferences"</h1></div>
        {frame::query("saved").map(|_| done("Saved in this browser."))}
        {frame::query("ended").map(|_| done("Ended: that browser has to sign in again."))}
        <form method="post" class="narrow">{form::token()}
            <fieldset class="card">
                <legend>"Colours"</legend>
                <div class="choices">
                    {theme("system", "theme", "Like the system")}
                    {theme("light", "info", "Light")}
                    {theme("dark", "stop", "Dark")}
                </div>
            </fieldset>
            <fieldset class="card">
                <legend>"Keyboard and logs"</legend>
                <label class="check">
                    <input type="checkbox" name="shortcuts" value="on" checked=look.shortcuts/>
                    <span>"Single-letter shortcuts "<kbd>"/"</kbd>" "<kbd>"j"</kbd>" "<kbd>"k"</kbd>" "<kbd>"g f"</kbd>" "<kbd>"?"</kbd></span>
                </label>
                <label class="check">
                    <input type="checkbox" name="wrap" value="on" checked=look.wrap/>
                    <span>"Wrap long log lines"</span>
                </label>
            </fieldset>
            <div class="form-end"><button class="button primary">{icon("check")}"Save"</button></div>
        </form>
        {sessions::card(&caller.user.name, open)}
    };
    Ok(Content::other("Preferences", body))
}

fn save(posted: &Posted) {
    let keep = |name: &str, value: &str| {
        let age = if value.is_empty() { 0 } else { 31_536_000 };
        form::set_header(SET_COOKIE, &format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax"));
    };
    keep(
        "theme",
        match posted.get("theme") {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        },
    );
    keep("shortcuts", if posted.get("shortcuts").is_some() { "" } else { "off" });
    keep("wrap", if posted.get("wrap").is_some() { "on" } else { "" });
}
