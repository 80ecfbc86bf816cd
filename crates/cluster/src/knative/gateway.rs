//! The public door of the functions: which function does an address mean?
//!
//! `http://<function>.<namespace>.<domain>/…` (also `<tag>-<function>`), and for scripts
//! `http://<any other host>/<namespace>/<function>/…` with the two segments taken away.

use std::sync::Arc;

use axum::{Router, body::Body, extract::State, response::Response, routing::any};
use http::{HeaderMap, Request, Uri, header, uri::PathAndQuery};

use super::activator::{Activator, Problem, correlation_id};

#[derive(Clone)]
struct Gateway {
    activator: Activator,
    domain: Arc<str>,
}

/// The gateway as a service; `domain` as in [`super::Config::domain`]. Bind it with
/// `into_make_service_with_connect_info::<SocketAddr>()`, so that functions are told the caller's address.
pub fn gateway_router(activator: Activator, domain: &str) -> Router {
    let gateway = Gateway { activator, domain: domain.into() };
    Router::new().fallback(any(serve)).with_state(gateway)
}

async fn serve(State(gateway): State<Gateway>, request: Request<Body>) -> Response {
    let host = host(request.headers(), request.uri()).to_owned();
    let path = request.uri().clone();
    match address(&host, &path, &gateway.domain) {
        Some(Address { namespace, function, prefix, rest }) => {
            gateway.activator.handle_outside(request, namespace, function, rest, prefix).await
        }
        None => Problem::no_function_named().response(&correlation_id(request.headers())),
    }
}

/// The namespace whose function a request means, for those who decide before [`gateway_router`] does: read as it
/// reads it.
pub fn called_namespace<'a>(headers: &'a HeaderMap, uri: &'a Uri, domain: &str) -> Option<&'a str> {
    address(host(headers, uri), uri, domain).map(|address| address.namespace)
}

fn address<'a>(host: &'a str, uri: &'a Uri, domain: &str) -> Option<Address<'a>> {
    let by_host = split_host(host, domain);
    by_host
        .map(|(function, namespace)| Address { namespace, function, prefix: None, rest: None })
        .or_else(|| split_path(uri))
}

fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.host()).unwrap_or_default()
}

/// Function and namespace of a host below the domain.
fn split_host<'a>(host: &'a str, domain: &str) -> Option<(&'a str, &'a str)> {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let length = name.len().checked_sub(domain.len() + 1)?;
    let (below, end) = (name.get(..length)?, name.get(length + 1..)?);
    if !end.eq_ignore_ascii_case(domain) || name.as_bytes()[length] != b'.' {
        return None;
    }
    below.split_once('.').filter(|(function, namespace)| !function.is_empty() && !namespace.contains('.'))
}

/// A function that is meant.
struct Address<'a> {
    namespace: &'a str,
    function: &'a str,
    /// What is taken away of a path that names it: `/<namespace>/<function>`.
    prefix: Option<&'a str>,
    rest: Option<PathAndQuery>,
}

fn split_path(uri: &Uri) -> Option<Address<'_>> {
    let path = uri.path();
    let (namespace, after) = path.strip_prefix('/')?.split_once('/')?;
    let function = after.split('/').next()?;
    if namespace.is_empty() || function.is_empty() {
        return None;
    }
    let prefix = path.get(..namespace.len() + function.len() + 2)?;
    let rest = path.get(prefix.len()..)?;
    let rest = if rest.is_empty() { "/" } else { rest };
    let rest = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{rest}?{query}")),
        None => PathAndQuery::try_from(rest),
    };
    Some(Address { namespace, function, prefix: Some(prefix), rest: Some(rest.ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_below_the_domain_names_function_and_namespace() {
        assert_eq!(split_host("web.acme.fn.localhost:3001", "fn.localhost"), Some(("web", "acme")));
        assert_eq!(split_host("canary-web.acme.FN.localhost", "fn.localhost"), Some(("canary-web", "acme")));
    }

    #[test]
    fn other_hosts_name_none() {
        for host in [
            "127.0.0.1:3001",
            "fn.localhost",
            "acme.fn.localhost",
            "a.b.c.fn.localhost",
            "x.yfn.localhost",
            "",
        ] {
            assert_eq!(split_host(host, "fn.localhost"), None, "{host}");
        }
    }

    #[test]
    fn a_path_names_namespace_and_function_and_loses_them() {
        let uri: Uri = "/acme/web/a/b?c=d".parse().unwrap();
        let address = split_path(&uri).unwrap();
        assert_eq!((address.namespace, address.function), ("acme", "web"));
        assert_eq!((address.prefix.unwrap(), address.rest.unwrap().as_str()), ("/acme/web", "/a/b?c=d"));
        let bare: Uri = "/acme/web".parse().unwrap();
        assert_eq!(split_path(&bare).unwrap().rest.unwrap(), "/");
    }

    #[test]
    fn a_host_that_names_none_leaves_it_to_the_path() {
        let uri: Uri = "/acme/web/".parse().unwrap();
        let headers = |host: &str| HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        let called = |host: &str| called_namespace(&headers(host), &uri, "fn.localhost").map(str::to_owned);
        assert_eq!(called("a.b.c.fn.localhost").as_deref(), Some("acme"));
        assert_eq!(called("web.other.fn.localhost:3001").as_deref(), Some("other"));
    }

    #[test]
    fn a_path_with_fewer_segments_names_none() {
        for path in ["/", "/acme", "/acme/", "//web"] {
            assert!(split_path(&path.parse().unwrap()).is_none(), "{path}");
        }
    }
}
