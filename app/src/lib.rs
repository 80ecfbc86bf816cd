//! What the user sees.
//!
//! Pages are rendered on the server (feature `ssr`) and are complete without JavaScript: real
//! links and real forms, which post to the page that shows them ([`form`]). What moves is an
//! island, compiled to wasm as well (feature `hydrate`). Pages that show changing data mark
//! regions with `data-live`; the live island fetches the page again when the server says that
//! something changed, and puts the new regions in place.
//!
//! To add a page: `pages/<noun>/<page>.rs`, a line in `routes.rs`, `style/pages/_<noun>.scss`.

// The view macros nest deeply typed trees; the erased ones are still deep to check.
#![recursion_limit = "256"]

pub mod api;
pub mod error;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod assets;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod router;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;

pub use error::AppError;
