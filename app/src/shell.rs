//! The HTML document around every page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{
    app::App,
    assets::Assets,
    form,
    session::{self, Look},
};

/// The document; `boot.js` starts the islands when it has arrived, nothing waits for it.
pub fn shell() -> impl IntoView {
    // Outside islands nothing is hydrated, so nothing is written into the page for it.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    let assets = use_context::<Assets>().unwrap_or_default();
    let look = Look::of_request();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=look.theme data-shortcuts=(!look.shortcuts).then_some("off") data-now=session::now().as_millis() data-user=session::caller().map(|caller| caller.user.id.clone())>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="description" content="Functions, builds and events of your own serverless platform."/>
                <link rel="stylesheet" href=assets.url("main.css")/>
                <link rel="icon" type="image/svg+xml" href=assets.url("favicon.svg")/>
                <link rel="preload" r#as="font" r#type="font/woff2" crossorigin="" href=assets.url("fonts-geist.woff2")/>
                <link rel="modulepreload" href=assets.url("app.js")/>
                <script type="module" src=assets.url("boot.js")></script>
                {form::token_meta()}
                <MetaTags/>
            </head>
            <body>
                <div hidden inner_html=include_str!("icons.svg")></div>
                <App/>
            </body>
        </html>
    }
}
