//! Refusals as pages, for people: who opens an address in a browser gets a heading, a sentence and a way on
//! instead of `application/problem+json`.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use domain::Problem;
use tower::ServiceExt;

/// Bytes that a problem has at most.
const MOST_BYTES: usize = 64 * 1024;
/// No page has it: the page for unknown addresses shows the problem.
const NO_PAGE: &str = "/refused";

/// Draws a refusal by one of `pages`, for requests that ask for HTML.
pub(crate) async fn for_people(State(pages): State<Router>, request: Request, next: Next) -> Response {
    let asked = request.headers().clone();
    let path = request.uri().path();
    let for_programs = path.starts_with("/api/") || path == "/events" || path.starts_with("/fn/");
    let response = next.run(request).await;
    if for_programs || !accepts_html(&asked) || !is_plain_problem(response.headers()) {
        return response;
    }
    let (head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return Response::from_parts(head, Body::empty());
    };
    let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
        return Response::from_parts(head, bytes.into());
    };
    let mut wanted = Request::new(Body::empty());
    *wanted.uri_mut() = NO_PAGE.parse().expect("a path is a URI");
    // The look of the page is in cookies.
    *wanted.headers_mut() = asked;
    wanted.extensions_mut().insert(problem);
    let Ok(mut page) = pages.oneshot(wanted).await;
    *page.status_mut() = head.status;
    for name in [header::RETRY_AFTER, header::SET_COOKIE] {
        for value in head.headers.get_all(&name) {
            page.headers_mut().append(name.clone(), value.clone());
        }
    }
    page
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|a| a.contains("text/html"))
}

fn is_plain_problem(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_ENCODING)
        && headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json")
}
