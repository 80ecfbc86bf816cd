//! Who asks, and may they. The one place where requests are authenticated and authorised.

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::api::status::{ApiError, ApiResult};
use crate::registry::resource::Resource;

/// The group whose members may do everything.
const MASTERS: &str = "system:masters";

/// Whoever makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
}

impl User {
    /// The administrator of the embedded cluster.
    pub fn admin() -> Self {
        Self::member("kubernetes-admin", &[MASTERS, "system:authenticated"])
    }

    /// One of the server's own controllers.
    pub fn controller(name: &str) -> Self {
        Self::member(&format!("system:controller:{name}"), &[MASTERS, "system:authenticated"])
    }

    /// Someone who has not said who they are.
    pub fn anonymous() -> Self {
        Self::member("system:anonymous", &["system:unauthenticated"])
    }

    fn member(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Self { name: name.into(), uid: String::new(), groups }
    }

    fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }
}

/// Tells users by their bearer tokens.
#[derive(Debug, Clone)]
pub struct Authenticator {
    admin_token: [u8; 32],
}

impl Authenticator {
    pub fn new(admin_token: &str) -> Self {
        Self { admin_token: Sha256::digest(admin_token).into() }
    }

    /// The user of a request; without a token the anonymous one, with a token that is not known a 401.
    pub fn user(&self, headers: &HeaderMap) -> ApiResult<User> {
        let Some(authorization) = headers.get(header::AUTHORIZATION) else { return Ok(User::anonymous()) };
        let token =
            authorization.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        // Digests are compared, so that the time it takes tells nothing about the token.
        let digest: [u8; 32] = Sha256::digest(token.trim()).into();
        if digest == self.admin_token { Ok(User::admin()) } else { Err(ApiError::unauthorized()) }
    }
}

/// What is asked for, as an authoriser sees it.
pub struct Access<'a> {
    pub verb: &'a str,
    pub resource: &'a Resource,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// 403 unless the user may do that.
pub fn authorize(user: &User, access: &Access<'_>) -> ApiResult<()> {
    if user.is_master() {
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

/// 403 unless the user may read a path that is no resource.
pub fn authorize_path(user: &User, verb: &str, path: &str) -> ApiResult<()> {
    const PUBLIC: [&str; 4] = ["/healthz", "/livez", "/readyz", "/version"];
    let authenticated = user.groups.iter().any(|group| group == "system:authenticated");
    if user.is_master() || PUBLIC.contains(&path) || (authenticated && verb == "get") {
        return Ok(());
    }
    let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
    Err(ApiError::new(http::StatusCode::FORBIDDEN, "Forbidden", message).with_details(Default::default()))
}
