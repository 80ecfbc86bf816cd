//! `url()`, `isURL()` and the parts of a URL.

use cel::common::types::{CelBool, CelString};
use cel::{DeclarationError, Env, ExecutionError};
use http::Uri;

use super::opaque;

/// An absolute URL, or an absolute path.
#[derive(Clone, Debug, PartialEq)]
struct Url(Uri);

opaque!(Url, "net.url", URL);

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_overload!(env, fn parse: (CelString) -> Result<Url>, name = "url", id = "string_to_url")?;
    cel::add_overload!(env, fn is_url: (CelString) -> CelBool, name = "isURL", id = "is_url_string")?;
    cel::add_member_overload!(env, fn scheme: (Url) -> CelString, name = "getScheme", id = "url_scheme")?;
    cel::add_member_overload!(env, fn host: (Url) -> CelString, name = "getHost", id = "url_host")?;
    cel::add_member_overload!(env, fn hostname: (Url) -> CelString, name = "getHostname", id = "url_hostname")?;
    cel::add_member_overload!(env, fn port: (Url) -> CelString, name = "getPort", id = "url_port")?;
    cel::add_member_overload!(env, fn path: (Url) -> CelString, name = "getEscapedPath", id = "url_path")
}

fn read(text: &str) -> Option<Url> {
    let uri: Uri = text.parse().ok()?;
    (uri.scheme().is_some() || text.starts_with('/')).then_some(Url(uri))
}

fn parse(text: &CelString<'_>) -> Result<Url, ExecutionError> {
    read(text.inner()).ok_or_else(|| {
        ExecutionError::function_error(
            "url",
            format!("URL parse error during conversion from string: {:?}", text.inner()),
        )
    })
}

fn is_url(text: &CelString<'_>) -> CelBool {
    CelBool::from(read(text.inner()).is_some())
}

fn scheme(this: &Url) -> CelString<'static> {
    this.0.scheme_str().unwrap_or_default().to_owned().into()
}

fn host(this: &Url) -> CelString<'static> {
    let authority = this.0.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned().into()
}

fn hostname(this: &Url) -> CelString<'static> {
    this.0.host().unwrap_or_default().trim_matches(['[', ']']).to_owned().into()
}

fn port(this: &Url) -> CelString<'static> {
    this.0.port_u16().map(|port| port.to_string()).unwrap_or_default().into()
}

fn path(this: &Url) -> CelString<'static> {
    this.0.path().to_owned().into()
}
