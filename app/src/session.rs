//! Who asks and how they like their pages, read from the request.

use domain::{
    Clock as _, SystemClock, TenantName, Timestamp,
    identity::{Caller, Permission},
};
use http::{
    header::{COOKIE, HOST},
    request::Parts,
};
use leptos::prelude::*;
use platform::Platform;

/// The caller that the server's sign-in layer put into the request's extensions.
pub fn caller() -> Option<Caller> {
    use_context::<Parts>()?.extensions.get::<Caller>().cloned()
}

/// Whether the caller may do `permission` in `tenant`; for buttons, the platform checks again.
pub fn may(permission: Permission, tenant: &TenantName) -> bool {
    caller().is_some_and(|caller| caller.may(permission, tenant))
}

/// Where the stream of changes stands.
pub fn live_position() -> u64 {
    use_context::<Platform>().map_or(0, |platform| platform.live_position())
}

/// Why a button is off, for those who may not press it.
pub fn needs(permission: Permission) -> String {
    format!("Needs the role {}; an owner of the tenant can give it.", permission.needs().as_str())
}

/// Host and port by which the browser reached the platform.
pub fn host() -> String {
    let parts = use_context::<Parts>();
    let host = parts.and_then(|parts| Some(parts.headers.get(HOST)?.to_str().ok()?.to_owned()));
    host.unwrap_or_else(|| "127.0.0.1:3000".to_owned())
}

/// The present, for relative times.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// How this browser shows pages; kept in cookies, so that the first byte of HTML has it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// `light` or `dark`; none follows the system.
    pub theme: Option<&'static str>,
    /// Single-letter shortcuts.
    pub shortcuts: bool,
    /// Long log lines are wrapped.
    pub wrap: bool,
}

impl Look {
    /// From the cookies of the request.
    pub fn of_request() -> Self {
        Self {
            theme: match cookie("theme").as_deref() {
                Some("light") => Some("light"),
                Some("dark") => Some("dark"),
                _ => None,
            },
            shortcuts: cookie("shortcuts").as_deref() != Some("off"),
            wrap: cookie("wrap").as_deref() == Some("on"),
        }
    }
}

fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let pairs = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
