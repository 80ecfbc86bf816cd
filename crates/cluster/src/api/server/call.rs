//! A request about a resource, looked up and allowed.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};

use super::caller::Caller;
use crate::api::auth::{Access, User, authorize};
use crate::api::media::{Accept, Format};
use crate::api::path::ResourcePath;
use crate::api::query::Query;
use crate::api::status::{ApiError, ApiResult};
use crate::api::verbs::Target;
use crate::api::view::{ListMeta, View};
use crate::api::warnings::Warnings;
use crate::api::{Api, WriteOptions};
use crate::registry::{Resource, Stored, Subresource};

/// Everything about a request that a verb may want to know.
pub(super) struct Call {
    pub api: Api,
    pub user: User,
    pub verb: &'static str,
    pub target: Target,
    pub query: Query,
    pub accept: Accept,
    pub headers: HeaderMap,
    pub warnings: Warnings,
    pub body: Bytes,
}

impl Call {
    pub(super) fn new(api: &Api, caller: &Caller, head: &Parts, warnings: Warnings) -> ApiResult<Self> {
        let path = ResourcePath::parse(head.uri.path()).ok_or_else(ApiError::no_such_resource)?;
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let target = find(api, &path)?;
        let verb = verb(&head.method, &path, &query, &target)?;
        let is_namespace = target.resource.is("", "namespaces");
        let access = Access {
            verb,
            resource: &target.resource,
            subresource: target.subresource.map_or("", Subresource::name),
            // A namespace is in itself.
            namespace: if is_namespace { &target.name } else { &target.namespace },
            name: if target.name.is_empty() { selected_name(verb, &query) } else { &target.name },
        };
        let user =
            caller.acting(api, &access.action(), |user, verb| Access { verb, ..access }.refusal(user))?;
        authorize(api, &user, &access)?;
        let accept = Accept::parse(&head.headers, &query, target.subresource)?;
        let headers = head.headers.clone();
        Ok(Self {
            api: api.clone(),
            user,
            verb,
            target,
            query,
            accept,
            headers,
            warnings,
            body: Bytes::new(),
        })
    }

    /// `kind` is that of the options in a refusal.
    pub(super) fn write_options(&self, kind: &str) -> ApiResult<WriteOptions> {
        let agent =
            self.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        WriteOptions::parse(&self.query, kind, self.user.clone(), agent, self.warnings.clone())
    }

    /// An object in the form asked for.
    pub(super) fn object(&self, code: StatusCode, stored: &Stored) -> Response {
        self.bytes(code, self.view().object(stored, true))
    }

    pub(super) fn list(&self, items: &[Arc<Stored>], meta: &ListMeta) -> Response {
        self.bytes(StatusCode::OK, self.view().list(items, meta))
    }

    fn view(&self) -> View<'_> {
        View { resource: &self.target.resource, shape: self.accept.shape, now: self.api.now() }
    }

    /// JSON in the format asked for.
    pub(super) fn bytes(&self, code: StatusCode, json: Bytes) -> Response {
        let parsed = || serde_json::from_slice::<serde_json::Value>(&json).unwrap_or_default();
        match self.accept.format {
            Format::Json { pretty: false } => {
                (code, [(header::CONTENT_TYPE, "application/json")], json).into_response()
            }
            Format::Json { pretty: true } => {
                let text = serde_json::to_string_pretty(&parsed()).unwrap_or_default();
                (code, [(header::CONTENT_TYPE, "application/json")], text).into_response()
            }
            Format::Yaml => match serde_saphyr::to_string(&parsed()) {
                Ok(text) => (code, [(header::CONTENT_TYPE, "application/yaml")], text).into_response(),
                Err(error) => ApiError::internal(error.to_string()).into_response(),
            },
        }
    }
}

/// The name of the one object that a list is narrowed down to.
fn selected_name<'q>(verb: &str, query: &'q Query) -> &'q str {
    if !matches!(verb, "list" | "watch" | "deletecollection") {
        return "";
    }
    let mut requirements = query.text("fieldSelector").split(',');
    let named = requirements.find_map(|one| one.strip_prefix("metadata.name="));
    named.map(|name| name.trim_start_matches('=')).unwrap_or_default()
}

fn find(api: &Api, path: &ResourcePath) -> ApiResult<Target> {
    let resources = api.registry.resources();
    let resource = resources
        .find(&path.group, &path.version, &path.plural)
        .ok_or_else(ApiError::no_such_resource)?
        .clone();
    if path.namespace.is_some() && !resource.namespaced {
        return Err(ApiError::no_such_resource());
    }
    let subresource = match &path.subresource {
        Some(name) => Some(resource.subresource(name).ok_or_else(|| no_such_subresource(&resource, path))?),
        None => None,
    };
    if let Some(subresource) = subresource.filter(|one| !one.is_served()) {
        return Err(ApiError::not_implemented(&format!("{}/{subresource}", resource.plural)));
    }
    if resource.namespaced && path.namespace.is_none() && path.name.is_some() {
        return Err(ApiError::no_such_resource());
    }
    Ok(Target {
        namespace: path.namespace.clone().unwrap_or_default(),
        name: path.name.clone().unwrap_or_default(),
        subresource,
        resource,
    })
}

/// Custom resources answer as if the object were not there.
fn no_such_subresource(resource: &Resource, path: &ResourcePath) -> ApiError {
    if resource.is_custom() {
        ApiError::not_found(resource, path.name.as_deref().unwrap_or_default())
    } else {
        ApiError::no_such_resource()
    }
}

/// The verb of a method; 405 where the resource does not have it.
fn verb(method: &Method, path: &ResourcePath, query: &Query, target: &Target) -> ApiResult<&'static str> {
    let one = path.name.is_some();
    let verb = match (method.as_str(), one) {
        ("GET" | "HEAD", _) if path.watch => "watch",
        ("GET" | "HEAD", _) if query.flag("watch") && target.subresource.is_none() => "watch",
        ("GET" | "HEAD", true) => "get",
        ("GET" | "HEAD", false) => "list",
        ("POST", _) if target.subresource.is_some() => "create",
        ("POST", false) if !target.resource.namespaced || path.namespace.is_some() => "create",
        ("PUT", true) => "update",
        ("PATCH", true) => "patch",
        ("DELETE", true) if target.subresource.is_none() => "delete",
        ("DELETE", false) => "deletecollection",
        _ => return Err(ApiError::method_not_allowed()),
    };
    let allowed = match target.subresource {
        Some(subresource) => subresource.verbs().contains(&verb),
        None => target.resource.verbs.allows(verb),
    };
    if allowed {
        Ok(verb)
    } else if target.resource.is_custom() {
        Err(ApiError::verb_not_supported(&target.resource, verb))
    } else {
        Err(ApiError::method_not_allowed())
    }
}
