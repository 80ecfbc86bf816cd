//! No page has this address.

use leptos::prelude::*;

use crate::{
    AppError,
    frame::{Content, framed},
};

/// 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    framed(async || Err::<Content, _>(AppError::not_found("page")))
}
