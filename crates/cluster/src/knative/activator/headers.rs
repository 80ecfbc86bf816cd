//! What of the headers passes between caller and function.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The id that ties everything of one intention together.
pub(in crate::knative) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const CE_CORRELATION_ID: HeaderName = HeaderName::from_static("ce-correlationid");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
/// Headers that belong to one connection only (RFC 9110 section 7.6.1), besides what `Connection` names;
/// and `Expect`, which the gateway has answered already.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::EXPECT,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];
/// Longest correlation id that is taken over.
const ID_LIMIT: usize = 128;

/// The caller's correlation id, or a new one.
pub(in crate::knative) fn correlation_id(headers: &HeaderMap) -> Arc<str> {
    let given = [CE_CORRELATION_ID, CORRELATION_ID].into_iter().find_map(|name| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        let sound = !text.is_empty() && text.len() <= ID_LIMIT && text.bytes().all(|b| b.is_ascii_graphic());
        sound.then(|| Arc::from(text))
    });
    given.unwrap_or_else(|| {
        let mut buffer = uuid::Uuid::encode_buffer();
        let new: &str = uuid::Uuid::now_v7().simple().encode_lower(&mut buffer);
        new.into()
    })
}

/// Whether the message asks to change the protocol (WebSocket).
pub(super) fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        && headers.get(header::CONNECTION).is_some_and(|value| {
            value
                .to_str()
                .is_ok_and(|v| v.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade")))
        })
}

/// What the gateway knows about the caller's side.
#[derive(Default)]
pub(in crate::knative) struct Caller<'a> {
    /// Address of the peer.
    pub(in crate::knative) address: Option<std::net::IpAddr>,
    /// Part of the path that was taken away.
    pub(in crate::knative) prefix: Option<&'a str>,
}

/// Makes the headers of a request fit for the function.
pub(super) fn prepare_request(
    headers: &mut HeaderMap,
    correlation_id: &str,
    caller: &Caller<'_>,
    private_cookies: &[String],
) {
    let upgrade = headers.get(header::UPGRADE).filter(|_| wants_upgrade(headers)).cloned();
    strip_hop_by_hop(headers);
    keep_upgrade(headers, upgrade);
    strip_cookies(headers, private_cookies);
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        headers.insert(CORRELATION_ID, value);
    }
    if let Some(address) = caller.address
        && let Ok(value) = HeaderValue::from_str(&address.to_string())
    {
        headers.insert(FORWARDED_FOR, value);
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.entry(FORWARDED_PROTO).or_insert(HeaderValue::from_static("http"));
    if let Some(value) = caller.prefix.and_then(|prefix| HeaderValue::from_str(prefix).ok()) {
        headers.insert(FORWARDED_PREFIX, value);
    }
}

/// Makes the headers of a response fit for the caller.
pub(super) fn prepare_response(headers: &mut HeaderMap, correlation_id: &str, private_cookies: &[String]) {
    let upgrade = headers.get(header::UPGRADE).filter(|_| wants_upgrade(headers)).cloned();
    strip_hop_by_hop(headers);
    keep_upgrade(headers, upgrade);
    strip_foreign_cookies(headers, private_cookies);
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        headers.insert(CORRELATION_ID, value);
    }
}

/// A change of protocol is agreed between caller and function; the gateway only carries it.
fn keep_upgrade(headers: &mut HeaderMap, upgrade: Option<HeaderValue>) {
    if let Some(protocol) = upgrade {
        headers.insert(header::UPGRADE, protocol);
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    if let Some(connection) = headers.get(header::CONNECTION).cloned() {
        let named = connection.to_str().unwrap_or_default().split(',');
        for name in named.filter_map(|token| HeaderName::try_from(token.trim()).ok()) {
            headers.remove(name);
        }
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Takes the dashboard's cookies away: a function must never see a session.
fn strip_cookies(headers: &mut HeaderMap, private: &[String]) {
    if private.is_empty() || !headers.contains_key(header::COOKIE) {
        return;
    }
    let is_private = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        private.iter().any(|own| own == name)
    };
    let kept: Vec<String> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(str::trim)
        .filter(|pair| !pair.is_empty() && !is_private(pair))
        .map(str::to_owned)
        .collect();
    headers.remove(header::COOKIE);
    if let Ok(value) = HeaderValue::from_str(&kept.join("; "))
        && !kept.is_empty()
    {
        headers.insert(header::COOKIE, value);
    }
}

/// Drops cookies with a `Domain`: they would reach other functions or the dashboard; and those named as the
/// dashboard's own: cookies know no ports, so that on the same host they would take the place of a session.
fn strip_foreign_cookies(headers: &mut HeaderMap, private: &[String]) {
    if !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let foreign = |value: &HeaderValue| {
        let mut names = value
            .as_bytes()
            .split(|b| *b == b';')
            .map(|part| String::from_utf8_lossy(part.split(|b| *b == b'=').next().unwrap_or_default()));
        let own = names.next().is_some_and(|name| private.iter().any(|private| private == name.trim()));
        own || names.any(|attribute| attribute.trim().eq_ignore_ascii_case("domain"))
    };
    let kept: Vec<_> = headers.get_all(header::SET_COOKIE).iter().filter(|v| !foreign(v)).cloned().collect();
    headers.remove(header::SET_COOKIE);
    for value in kept {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::try_from(*n).unwrap(), HeaderValue::from_str(v).unwrap()))
            .collect()
    }

    #[test]
    fn the_callers_correlation_id_is_kept_and_a_bad_one_replaced() {
        assert_eq!(&*correlation_id(&map(&[("ce-correlationid", "abc")])), "abc");
        assert_eq!(&*correlation_id(&map(&[("x-correlation-id", "def")])), "def");
        assert_eq!(correlation_id(&map(&[("x-correlation-id", "with space")])).len(), 32);
        assert_eq!(correlation_id(&map(&[])).len(), 32);
    }

    #[test]
    fn a_function_can_not_replace_the_cookie_of_a_session() {
        let mut headers = map(&[
            ("set-cookie", "session=planted; Path=/"),
            ("set-cookie", " session = planted"),
            ("set-cookie", "sessions=2; Path=/"),
        ]);
        prepare_response(&mut headers, "id", &["session".to_owned()]);
        let kept: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(kept, ["sessions=2; Path=/"]);
    }

    #[test]
    fn hop_by_hop_headers_and_private_cookies_do_not_reach_the_function() {
        let mut headers = map(&[
            ("connection", "close, x-secret"),
            ("x-secret", "1"),
            ("transfer-encoding", "chunked"),
            ("cookie", "kl_session=s; theme=dark"),
            ("host", "web.acme.fn.localhost"),
        ]);
        prepare_request(&mut headers, "id", &Caller::default(), &["kl_session".into()]);
        assert!(!headers.contains_key("x-secret") && !headers.contains_key("transfer-encoding"));
        assert_eq!(headers["cookie"], "theme=dark");
        assert_eq!(headers["x-forwarded-host"], "web.acme.fn.localhost");
        assert_eq!(headers["x-correlation-id"], "id");
    }

    #[test]
    fn a_request_with_only_private_cookies_has_none_left() {
        let mut headers = map(&[("cookie", "kl_session=s")]);
        prepare_request(&mut headers, "id", &Caller::default(), &["kl_session".into()]);
        assert!(!headers.contains_key("cookie"));
    }

    #[test]
    fn a_cookie_for_a_whole_domain_is_dropped() {
        let mut headers =
            map(&[("set-cookie", "a=1; Path=/; Domain=fn.localhost"), ("set-cookie", "b=domain; Path=/")]);
        prepare_response(&mut headers, "id", &[]);
        let left: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(left, ["b=domain; Path=/"]);
    }

    #[test]
    fn an_upgrade_is_recognised_by_both_headers() {
        assert!(wants_upgrade(&map(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")])));
        assert!(!wants_upgrade(&map(&[("upgrade", "websocket")])));
    }
}
