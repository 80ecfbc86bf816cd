//! Forms that post to the page which shows them.
//!
//! The router gives the fields of a POST to the page as [`Posted`]. The page acts, then either
//! sends the browser on ([`see_other`]) or shows itself again with what was typed and what was
//! wrong: the same with and without JavaScript.

use domain::{FunctionName, TenantName};
use http::{Extensions, HeaderName, HeaderValue, StatusCode, header::LOCATION, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{AppError, api::TOKEN_HEADER};

/// Name of the field that ties a form to the session that it was shown to.
pub const TOKEN_FIELD: &str = "form-token";

/// What [`TOKEN_FIELD`] must say; the server's sign-in layer puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormToken(pub String);

impl FormToken {
    /// Whether a form was shown to the session that sends it; scripts have no session and no forms.
    pub fn fits(parts: &Extensions, sent: Option<&str>) -> bool {
        parts.get::<Self>().is_none_or(|Self(wanted)| sent == Some(wanted))
    }
}

fn of_request() -> Option<String> {
    use_context::<Parts>()?.extensions.get::<FormToken>().map(|FormToken(value)| value.clone())
}

/// Whether the request belongs to a session of a browser.
pub fn in_session() -> bool {
    of_request().is_some()
}

/// The hidden field of every form that posts: another site can not know what it says (SEC-02).
pub fn token() -> AnyView {
    of_request()
        .map(|value| view! { <input type="hidden" name=TOKEN_FIELD value=value autocomplete="off"/> })
        .into_any()
}

/// The same for what islands send.
pub fn token_meta() -> AnyView {
    of_request().map(|value| view! { <meta name=TOKEN_HEADER content=value/> }).into_any()
}

/// Stands in the request's extensions in place of [`Posted`] when the form is not of this session.
#[derive(Debug, Clone, Copy)]
pub struct Forged;

/// Refuses what [`Forged`] marks.
pub fn refuse_forged() -> Result<(), AppError> {
    let forged = use_context::<Parts>().is_some_and(|parts| parts.extensions.get::<Forged>().is_some());
    if forged { Err(AppError::forged()) } else { Ok(()) }
}

/// The fields of a form, in the order of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted(pub Vec<(String, String)>);

impl Posted {
    /// The form that was sent to this page, when one was.
    pub fn of_request() -> Option<Self> {
        use_context::<Parts>()?.extensions.get::<Self>().cloned()
    }

    /// The first field of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first field of that name, without blanks around it; empty when absent.
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().trim().to_owned()
    }

    /// A text area's content, with line ends as people's editors write them.
    pub fn area(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().replace("\r\n", "\n")
    }

    /// All fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Rows of two columns of inputs; rows without a key are left out.
    pub fn pairs(&self, key: &str, value: &str) -> Vec<(String, String)> {
        self.all(key)
            .zip(self.all(value))
            .map(|(key, value)| (key.trim().to_owned(), value.to_owned()))
            .filter(|(key, _)| !key.is_empty())
            .collect()
    }

    /// Which of the page's buttons was pressed.
    pub fn action(&self) -> &str {
        self.get("do").unwrap_or_default()
    }
}

/// Sends the browser to `path` by GET.
pub fn see_other(path: &str) {
    if let (Some(response), Ok(path)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) {
        response.insert_header(LOCATION, path);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// Sets the status of the page.
pub fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// Adds a header to the answer.
pub fn set_header(name: HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.append_header(name, value);
    }
}

/// What the draft of a form is kept under: it belongs to the spec that the form began from. Instances that
/// come and go change the rest of the version, and a newer spec must not get the text that was typed over an
/// older one.
pub fn draft_key(page: &str, tenant: &TenantName, name: &FunctionName, began: &str) -> String {
    let generation = began.split('-').next().unwrap_or_default();
    format!("{page}:{tenant}/{name}:{generation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_name_are_left_out() {
        let field = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let posted = Posted(vec![field("k", "A"), field("v", "1"), field("k", " "), field("v", "2")]);
        assert_eq!(posted.pairs("k", "v"), [field("A", "1")]);
    }
}
