//! The cookies of the dashboard.

use axum::http::{HeaderMap, HeaderValue, header};

/// Value of a cookie in a request.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Name of the session's cookie: with https the browser itself holds it to this host and to https.
pub(crate) const fn session_name(https: bool) -> &'static str {
    if https { "__Host-session" } else { "session" }
}

/// A cookie that scripts can not read; `seconds` 0 takes it away.
pub(crate) fn write(name: &str, value: &str, seconds: i64, https: bool) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::try_from(text).ok()
}
