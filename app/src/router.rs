//! Pages and server functions as one axum router, for the server to merge.

use axum::{
    Form, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest as _, Request},
    http::{
        StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
    routing::post,
};
use domain::Problem;
use leptos::{config::LeptosOptions, prelude::*};
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_with_context};
use platform::Platform;

use crate::{
    app::App,
    assets::Assets,
    form::{self, Forged, FormToken, Posted, TOKEN_FIELD},
    session::BuildLogsKept,
    shell::shell,
};

/// Bytes of a posted form: the code of a function and its settings.
const FORM_LIMIT: usize = 10 * 1024 * 1024;

/// Every page (GET, and POST for its forms) and every server function (`/fn/…`).
///
/// The server's sign-in layer must put the [`domain::identity::Caller`] into the request's
/// extensions; pages without one answer 401. What no page matches is the 404 page.
pub fn router(platform: Platform, assets: Assets, kept: BuildLogsKept) -> Router {
    let context = move || {
        provide_context(platform.clone());
        provide_context(assets.clone());
        provide_context(kept);
        form::set_header(CONTENT_SECURITY_POLICY, &content_security_policy());
    };
    let options = LeptosOptions::builder().output_name("app").build();
    let pages = generate_route_list(App);
    let mut router =
        Router::new().leptos_routes_with_context(&options, pages.clone(), context.clone(), shell);
    for page in &pages {
        let render = render_app_async_with_context(context.clone(), shell);
        router = router.route(page.path(), post(async move |request| post_form(request, render).await));
    }
    router
        .fallback(render_app_async_with_context(context, shell))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .with_state(options)
}

/// Renders the page with the form's fields in the request's extensions.
async fn post_form<R, F>(request: Request, render: R) -> Response
where
    R: Fn(Request<Body>) -> F,
    F: Future<Output = Response<Body>>,
{
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    match Form::<Vec<(String, String)>>::from_request(request, &()).await {
        Ok(Form(fields)) => {
            if belongs(&parts, &fields) {
                parts.extensions.insert(Posted(fields));
            } else {
                parts.extensions.insert(Forged);
            }
            render(Request::from_parts(parts, Body::empty())).await
        }
        Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => refusal(Problem::new(
            413,
            "form_too_large",
            "This form is larger than 10 MiB.",
            "Code of this size goes into an archive: upload it.",
        )),
        Err(refused) => refusal(Problem::new(
            400,
            "form_unreadable",
            "This form can not be read.",
            format!("Load the page again and send it once more. ({})", refused.body_text()),
        )),
    }
}

fn refusal(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    (
        status,
        [(CONTENT_TYPE, "application/problem+json")],
        serde_json::to_string(&problem).unwrap_or_default(),
    )
        .into_response()
}

fn belongs(parts: &Parts, fields: &[(String, String)]) -> bool {
    let sent = fields.iter().find(|(name, _)| name == TOKEN_FIELD).map(|(_, value)| value.as_str());
    FormToken::fits(&parts.extensions, sent)
}

/// Only our own files, and the one inline script that Leptos writes, by its nonce.
fn content_security_policy() -> String {
    let nonce = leptos::nonce::use_nonce().map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}
