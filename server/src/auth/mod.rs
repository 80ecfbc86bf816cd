//! Who is signed in: one-time links, sessions in a cookie, bearer tokens. Nobody else touches a cookie.

mod cookie;
mod credential;
pub(crate) mod csrf;
pub(crate) mod layer;
pub(crate) mod local;
pub(crate) mod oidc;
pub(crate) mod session;

pub(crate) use credential::Credential;
pub(crate) use layer::Signed;

/// What tokens for scripts begin with.
pub(crate) const TOKEN_PREFIX: &str = "klt";
