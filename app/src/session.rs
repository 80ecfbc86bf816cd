//! Who asks and how they like their pages, read from the request.

use std::time::Duration;

use domain::{
    Clock as _, Problem, SystemClock, TenantName, Timestamp,
    health::Outage,
    identity::{Caller, Permission},
};
use http::{
    header::{COOKIE, HOST},
    request::Parts,
};
use leptos::prelude::*;
use platform::Platform;

use crate::AppError;

/// The caller that the server's sign-in layer put into the request's extensions.
pub fn caller() -> Option<Caller> {
    use_context::<Parts>()?.extensions.get::<Caller>().cloned()
}

/// Why the server refused the request, when this page only says so.
pub fn refused() -> Option<AppError> {
    use_context::<Parts>()?.extensions.get::<Problem>().cloned().map(AppError)
}

/// What the session of the request is called in the list of its owner's; the sign-in layer puts it into the
/// request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKey(pub String);

/// The session that asks; none for scripts.
pub fn key() -> Option<SessionKey> {
    use_context::<Parts>()?.extensions.get::<SessionKey>().cloned()
}

/// Whether the caller may do `permission` in `tenant`; for buttons, the platform checks again.
pub fn may(permission: Permission, tenant: &TenantName) -> bool {
    caller().is_some_and(|caller| caller.may(permission, tenant))
}

/// Where the stream of changes stands.
pub fn live_position() -> u64 {
    use_context::<Platform>().map_or(0, |platform| platform.live_position())
}

/// How long the log of a build is kept after its end; without a time for ever.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildLogsKept(pub Option<Duration>);

impl BuildLogsKept {
    /// What the server was told.
    pub fn of_server() -> Self {
        use_context::<Self>().unwrap_or_default()
    }

    /// When the log of a build goes that ended then.
    pub fn until(self, ended: Option<Timestamp>) -> Option<Timestamp> {
        Some(ended?.plus_millis(i64::try_from(self.0?.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// What the platform stands on and does not answer at present.
pub fn outages() -> Vec<Outage> {
    use_context::<Platform>().map(|platform| platform.outages()).unwrap_or_default()
}

/// Why a button is off, for those who may not press it.
pub fn needs(permission: Permission) -> String {
    format!("Needs the role {}; an owner of the tenant can give it.", permission.needs().as_str())
}

/// Scheme, host and port by which the browser reached the platform, without a slash at the end.
pub fn base() -> String {
    let parts = use_context::<Parts>();
    let header = |name: &str| {
        let value = parts.as_ref()?.headers.get(name)?.to_str().ok()?;
        // A chain of proxies writes a list: the first one is the browser's.
        Some(value.split(',').next()?.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let host = header(HOST.as_str()).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    // A proxy that ends TLS says so, and so does the page that the form was sent from.
    let from_page = ["origin", "referer"].into_iter().find_map(header);
    let https = header("x-forwarded-proto").as_deref() == Some("https")
        || from_page.is_some_and(|from| from.starts_with(&format!("https://{host}")));
    format!("{}://{host}", if https { "https" } else { "http" })
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
