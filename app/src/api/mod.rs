//! Every server function, by noun. They are a public API under `/fn/`; permission checks,
//! validation and audit live in `platform`.

pub mod builds;
mod client;
pub mod dead_letters;
pub mod events;
pub mod functions;
pub mod invocations;
pub mod logs;
pub mod schemas;
pub mod session;
pub mod tenants;
pub mod triggers;
pub mod views;

pub use client::{Client, TOKEN_HEADER, page_token};

/// The platform and who asks: the only code that reads them from the request.
#[cfg(feature = "ssr")]
fn cx() -> Result<(platform::Platform, domain::identity::Caller), crate::AppError> {
    let platform = leptos::prelude::use_context::<platform::Platform>();
    platform.zip(crate::session::caller()).ok_or_else(crate::AppError::unauthenticated)
}
