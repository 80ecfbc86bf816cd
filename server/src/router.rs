//! All that the dashboard's address serves.

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use domain::identity::Caller;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{
    assets,
    auth::{layer, local, oidc},
    health, ingress, live,
    problem::Refusal,
    problem_page, rest,
    state::AppState,
    uploads,
};

/// Everything, with its layers.
pub(crate) fn router(state: AppState, pages: Router) -> Router {
    let https = state.https;
    // Made anew for each answer and small: compressed on the way out. Streams must not be held back.
    let answers = Router::new()
        .nest(rest::BASE, rest::router())
        .merge(ingress::router())
        .route("/", get(home))
        .route("/sign-in", get(local::sign_in))
        .route("/sign-out", post(local::sign_out))
        .merge(oidc::router())
        .with_state(state.clone())
        .merge(
            pages
                .clone()
                .layer(middleware::from_fn_with_state(state.clone(), uploads::take_out))
                .layer(DefaultBodyLimit::max(uploads::FORM_WITH_FILE)),
        )
        .layer(middleware::from_fn_with_state(pages.clone(), problem_page::for_people))
        .layer(CompressionLayer::new());
    let recognised = Router::new()
        .merge(live::router())
        .merge(rest::raw_log_router())
        .merge(uploads::router())
        .with_state(state.clone())
        .merge(answers)
        .layer(middleware::from_fn_with_state(state.clone(), layer::recognise))
        // Once more for what was refused before it came to a handler.
        .layer(middleware::from_fn_with_state(pages, problem_page::for_people));
    Router::new()
        .merge(assets::router())
        .merge(health::router())
        .with_state(state)
        .merge(recognised)
        .layer(middleware::from_fn_with_state(https, harden))
        .layer(CatchPanicLayer::custom(|panic: Box<dyn std::any::Any + Send>| {
            let cause = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            tracing::error!(cause, "a handler panicked");
            IntoResponse::into_response(Refusal::new(
                500,
                "internal",
                "Something went wrong in the platform.",
                "Try again; if it happens once more, tell the administrator when it was.",
            ))
        }))
}

/// The list of functions of the caller's first tenant.
async fn home(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    let tenants = state.platform.tenants(&caller).await;
    match tenants.map(|tenants| tenants.into_iter().next()) {
        Ok(Some(tenant)) => Redirect::to(&format!("/t/{tenant}/functions")).into_response(),
        Ok(None) if caller.user.platform_admin => Redirect::to(&app::routes::admin()).into_response(),
        Ok(None) => Redirect::to("/signed-out?reason=no_tenant").into_response(),
        Err(error) => Refusal::of(&caller)(error).into_response(),
    }
}

/// Headers that every answer has (SEC-21). Pages bring their own policy, with a nonce.
async fn harden(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    if https {
        // Two years: what browsers ask of hosts that are never reached without TLS again.
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    set(header::CACHE_CONTROL, "no-store");
    response
}
