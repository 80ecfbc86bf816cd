//! What a user may do. Members of `system:masters` everything, others nothing: roles are not looked at yet.

use http::StatusCode;

use super::user::{MASTERS, User};
use crate::api::status::{ApiError, ApiResult, Details};
use crate::registry::resource::Resource;

/// What is asked for.
pub struct Access<'a> {
    pub verb: &'a str,
    pub resource: &'a Resource,
    pub subresource: &'a str,
    /// Empty at the scope of the cluster.
    pub namespace: &'a str,
    pub name: &'a str,
}

/// Whether a user may do anything at all with objects.
pub fn is_allowed(user: &User) -> bool {
    user.is_in(MASTERS)
}

/// 403 unless the user may do that.
pub fn authorize(user: &User, access: &Access<'_>) -> ApiResult<()> {
    if is_allowed(user) {
        return Ok(());
    }
    let resource = access.resource;
    let scope = if access.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", access.namespace)
    };
    let slash = if access.subresource.is_empty() { "" } else { "/" };
    let why = format!(
        "User \"{}\" cannot {} resource \"{}{slash}{}\" in API group \"{}\" {scope}",
        user.name, access.verb, resource.plural, access.subresource, resource.group
    );
    Err(ApiError::forbidden(resource, access.name, &why))
}

/// 403 unless the user may use a path that is no resource.
pub fn authorize_path(user: &User, verb: &str, path: &str) -> ApiResult<()> {
    const PUBLIC: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];
    if is_allowed(user) || PUBLIC.contains(&path) || (user.is_authenticated() && verb == "get") {
        return Ok(());
    }
    let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
    Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message).with_details(Details::default()))
}
