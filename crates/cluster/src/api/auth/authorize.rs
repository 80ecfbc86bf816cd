//! What a user may do, by RBAC, and how a refusal is worded.

use http::StatusCode;

use super::roles::decide;
use super::rule::Action;
use super::user::User;
use crate::api::Api;
use crate::api::status::{ApiError, ApiResult, Details};
use crate::registry::resource::Resource;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    pub verb: &'a str,
    pub resource: &'a Resource,
    pub subresource: &'a str,
    /// Empty at the scope of the cluster.
    pub namespace: &'a str,
    pub name: &'a str,
}

impl Access<'_> {
    pub(in crate::api) fn action(&self) -> Action<'_> {
        Action::Resource {
            verb: self.verb,
            group: &self.resource.group,
            resource: &self.resource.plural,
            subresource: self.subresource,
            namespace: self.namespace,
            name: self.name,
        }
    }

    /// 403 in the words of a real server.
    pub(in crate::api) fn refusal(&self, user: &User) -> ApiError {
        let resource = self.resource;
        let scope = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", self.namespace)
        };
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        let why = format!(
            "User \"{}\" cannot {} resource \"{}{slash}{}\" in API group \"{}\" {scope}",
            user.name, self.verb, resource.plural, self.subresource, resource.group
        );
        ApiError::forbidden(resource, self.name, &why)
    }
}

/// 403 unless the user may do that.
pub fn authorize(api: &Api, user: &User, access: &Access<'_>) -> ApiResult<()> {
    if decide(api, user, &access.action()).allowed { Ok(()) } else { Err(access.refusal(user)) }
}

/// 403 unless the user may use a path that is no resource.
pub fn authorize_path(api: &Api, user: &User, verb: &str, path: &str) -> ApiResult<()> {
    if decide(api, user, &Action::Path { verb, path }).allowed {
        Ok(())
    } else {
        Err(path_refusal(user, verb, path))
    }
}

pub(in crate::api) fn path_refusal(user: &User, verb: &str, path: &str) -> ApiError {
    let message = format!("forbidden: User \"{}\" cannot {verb} path \"{path}\"", user.name);
    ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message).with_details(Details::default())
}
