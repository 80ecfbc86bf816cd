//! Requests that another site made a browser send (SEC-01).

use axum::http::{HeaderMap, Method, header};

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
