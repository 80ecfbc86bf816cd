//! No page has this address; or the server refused the request before it came to a page.

use leptos::prelude::*;

use crate::{
    AppError,
    frame::{Content, framed},
    session,
};

/// 404, or what the server refused.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    framed(async || Err::<Content, _>(session::refused().unwrap_or_else(|| AppError::not_found("page"))))
}
