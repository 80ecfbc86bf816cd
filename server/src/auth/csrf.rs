//! Requests that another site made a browser send (SEC-01, SEC-02).

use app::{
    api::TOKEN_HEADER,
    form::{FormToken, TOKEN_FIELD},
};
use axum::http::{Extensions, HeaderMap, Method, header};

/// Whether a request that is signed in by a cookie may change something.
pub(crate) fn allows(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // Browsers without Sec-Fetch-Site send Origin with every unsafe request.
    let origin = text("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == text(header::HOST.as_str())
}

/// Whether a request says what only pages of this session know: in a header, or, where a page's form is read,
/// in a field, which the reader checks.
pub(crate) fn proves(method: &Method, path: &str, headers: &HeaderMap, session: &Extensions) -> bool {
    method.is_safe() || knows_token(headers, session) || (takes_forms(path) && is_form(headers))
}

/// Whether the token stands in a header.
pub(crate) fn knows_token(headers: &HeaderMap, session: &Extensions) -> bool {
    FormToken::fits(session, headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok()))
}

/// Whether one of a form's fields is the token.
pub(crate) fn is_token(name: Option<&str>, value: &str, session: &Extensions) -> bool {
    name == Some(TOKEN_FIELD) && FormToken::fits(session, Some(value))
}

/// Whether whoever answers there reads forms and looks for the token in them.
fn takes_forms(path: &str) -> bool {
    path == "/sign-out" || path == "/admin" || path.starts_with("/admin/") || path.starts_with("/t/")
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("multipart/form-data")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        allows(&Method::POST, &headers)
    }

    #[test]
    fn what_has_no_token_is_sent_by_no_page_of_the_session() {
        let mut session = Extensions::new();
        session.insert(FormToken("known".into()));
        let proved = |path: &str, pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            proves(&Method::POST, path, &headers, &session)
        };
        let form = ("content-type", "application/x-www-form-urlencoded");
        assert!(proved("/fn/functions/create", &[(TOKEN_HEADER, "known")]));
        assert!(!proved("/fn/functions/create", &[(TOKEN_HEADER, "guessed")]));
        assert!(!proved("/fn/functions/create", &[form]), "server functions read no forms");
        assert!(!proved("/api/v1/tenants/a/functions", &[form]));
        assert!(proved("/t/a/new", &[form]), "the page looks for the field");
        assert!(!proved("/t/a/uploads", &[("content-type", "application/zip")]));
        assert!(!proved("/t/a/uploads", &[]));
    }

    #[test]
    fn only_our_own_pages_can_change_something() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site"), ("origin", "http://h"), ("host", "h")]));
        assert!(allowed(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(!allowed(&[("origin", "http://web.acme.fn.localhost:3001"), ("host", "127.0.0.1:3000")]));
        assert!(!allowed(&[("host", "127.0.0.1:3000")]), "a cookie without a word on its origin");
        assert!(allows(&Method::GET, &HeaderMap::new()));
    }
}
