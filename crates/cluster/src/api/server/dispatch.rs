//! From a call to its verb, and from the outcome to the answer.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::call::Call;
use crate::api::apply::{Manager, server_side_apply};
use crate::api::query::{DeleteOptions, ListOptions};
use crate::api::status::{ApiError, ApiResult, Cause, Details, Status};
use crate::api::verbs::{self, Change, Deleted};
use crate::api::view::{ListMeta, to_bytes};
use crate::api::{WriteOptions, decode, media, patch, reviews, scale, watch};
use crate::registry::object::Object;
use crate::registry::resource::Verbs;
use crate::registry::{Resource, Subresource};
use crate::workload::logs;

const APPLY: &str = "application/apply-patch+yaml";

pub(super) async fn dispatch(call: Call) -> ApiResult<Response> {
    match (call.verb, call.target.subresource) {
        ("get" | "update" | "patch", Some(Subresource::Scale)) => replicas(&call).await,
        ("get", None | Some(Subresource::Status)) => {
            Ok(call.object(StatusCode::OK, &*verbs::get(&call.api, &call.target)?))
        }
        ("get", Some(Subresource::Log)) => log(&call),
        ("list", None) => list(&call),
        ("watch", None) => open_watch(call),
        ("create", None) if call.target.resource.verbs == Verbs::CreateOnly => review(&call),
        ("create", Some(Subresource::Token)) => request_token(&call),
        ("create", None) => create(&call).await,
        ("update", _) => update(&call).await,
        ("patch", _) if media::content_type(&call.headers) == APPLY => apply(&call).await,
        ("patch", _) => patch(&call).await,
        ("delete", None) => delete(&call).await,
        ("deletecollection", None) => delete_collection(&call).await,
        _ => Err(ApiError::method_not_allowed()),
    }
}

fn list(call: &Call) -> ApiResult<Response> {
    let options = ListOptions::parse(&call.target.resource, &call.query, false)?;
    let (items, meta) = verbs::list(&call.api, &call.target, &options)?;
    Ok(call.list(&items, &meta))
}

fn log(call: &Call) -> ApiResult<Response> {
    let pod = verbs::get(&call.api, &call.target)?;
    logs::serve(&call.api.logs, pod.object(), call.api.now(), |name| call.query.text(name))
}

fn open_watch(call: Call) -> ApiResult<Response> {
    let options = ListOptions::parse(&call.target.resource, &call.query, true)?;
    watch::watch(&call.api, call.target, options, call.accept)
}

fn body(call: &Call, options: &WriteOptions) -> ApiResult<Object> {
    decode::object(&call.target.resource, media::content_type(&call.headers), &call.body, options)
}

async fn create(call: &Call) -> ApiResult<Response> {
    let options = call.write_options("CreateOptions")?;
    let object = body(call, &options)?;
    let stored = verbs::create(&call.api, &call.target, object, false, &options).await?;
    Ok(call.object(StatusCode::CREATED, &stored))
}

fn review(call: &Call) -> ApiResult<Response> {
    let asked = body(call, &call.write_options("CreateOptions")?)?;
    let answer = reviews::review(&call.api, &call.user, &call.target.namespace, asked)?;
    Ok(call.bytes(StatusCode::CREATED, to_bytes(answer.value())))
}

fn request_token(call: &Call) -> ApiResult<Response> {
    call.write_options("CreateOptions")?;
    let mut request = Object::from(decode::any(media::content_type(&call.headers), &call.body)?);
    request.set("apiVersion", "authentication.k8s.io/v1");
    request.set("kind", "TokenRequest");
    let answer = reviews::request_token(&call.api, &call.target, request)?;
    Ok(call.bytes(StatusCode::CREATED, to_bytes(answer.value())))
}

async fn update(call: &Call) -> ApiResult<Response> {
    let options = call.write_options("UpdateOptions")?;
    let object = body(call, &options)?;
    let stored =
        verbs::update(&call.api, &call.target, &options, |_| Ok(Change::Replace(object.clone()))).await?;
    Ok(call.object(StatusCode::OK, &stored))
}

/// The media types of patches that a resource takes.
fn patch_types(resource: &Resource) -> Vec<&'static str> {
    let mut types = vec![patch::JSON_PATCH, patch::MERGE_PATCH, APPLY];
    if !resource.is_custom() {
        types.insert(2, patch::STRATEGIC_MERGE_PATCH);
    }
    types
}

fn check_patch_type(call: &Call) -> ApiResult<&str> {
    let (given, known) = (media::content_type(&call.headers), patch_types(&call.target.resource));
    if known.contains(&given) {
        return Ok(given);
    }
    if given != patch::STRATEGIC_MERGE_PATCH {
        // A real server words it so where it knows the type for no resource at all.
        let message = "415: Unsupported Media Type";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
            .with_details(Details::default()));
    }
    Err(ApiError::unsupported_media_type(&known.join(", ")))
}

async fn patch(call: &Call) -> ApiResult<Response> {
    let content_type = check_patch_type(call)?;
    if call.query.flag("force") {
        let cause = Cause::forbidden("force", "may not be specified for non-apply patch");
        return Err(ApiError::invalid_kind("meta.k8s.io", "PatchOptions", "", vec![cause]));
    }
    let (options, resource) = (call.write_options("PatchOptions")?, &*call.target.resource);
    let stored = verbs::update(&call.api, &call.target, &options, |current| {
        let patched = patch::apply_patch(content_type, resource, current.value(), &call.body)?;
        let mut patched = decode::patched(resource, patched, &call.body, &options)?;
        // A patch that does not name a version is not based on one.
        if patched.resource_version() == current.resource_version() {
            patched.set_metadata("resourceVersion", serde_json::Value::Null);
        }
        Ok(Change::Patched(patched))
    })
    .await?;
    Ok(call.object(StatusCode::OK, &stored))
}

async fn apply(call: &Call) -> ApiResult<Response> {
    let (options, target) = (call.write_options("PatchOptions")?, &call.target);
    if call.query.text("fieldManager").is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(ApiError::invalid_kind("meta.k8s.io", "PatchOptions", "", vec![cause]));
    }
    let applied = decode::applied(&target.resource, &call.body, &options)?;
    let manager = Manager { name: &options.manager, subresource: target.subresource, now: call.api.now() };
    let merge = |live: Option<&Object>| {
        let live = live.map(Object::value);
        let merged = server_side_apply(&target.resource, live, applied.value(), &manager, options.force)?;
        decode::merged(&target.resource, merged)
    };
    loop {
        let updated = verbs::update(&call.api, target, &options, |current| {
            let mut merged = merge(Some(current))?;
            merged.set_metadata("resourceVersion", applied.resource_version());
            Ok(Change::Applied(merged))
        })
        .await;
        match updated {
            Err(error) if error.reason() == "NotFound" && target.subresource.is_none() => {}
            other => return Ok(call.object(StatusCode::OK, &*other?)),
        }
        match verbs::create(&call.api, target, merge(None)?, true, &options).await {
            // Someone else was quicker: it is an update after all.
            Err(error) if error.reason() == "AlreadyExists" => {}
            other => return Ok(call.object(StatusCode::CREATED, &*other?)),
        }
    }
}

async fn replicas(call: &Call) -> ApiResult<Response> {
    let resource = &*call.target.resource;
    let answer = |object: &Object| -> ApiResult<Response> {
        Ok(call.bytes(StatusCode::OK, to_bytes(scale::read(resource, object)?.value())))
    };
    if call.verb == "get" {
        return answer(verbs::get(&call.api, &call.target)?.object());
    }
    let kind = if call.verb == "update" { "UpdateOptions" } else { "PatchOptions" };
    let options = call.write_options(kind)?;
    let content_type = media::content_type(&call.headers);
    let stored = verbs::update(&call.api, &call.target, &options, |current| {
        if call.verb == "update" {
            let scale = Object::from(decode::any(content_type, &call.body)?);
            return Ok(Change::Patched(scale::write(resource, current, &scale)));
        }
        let read = scale::read(resource, current)?;
        let patched = patch::apply_patch(content_type, resource, read.value(), &call.body)?;
        let mut scale = Object::from(patched);
        scale.set_metadata("resourceVersion", serde_json::Value::Null);
        Ok(Change::Patched(scale::write(resource, current, &scale)))
    })
    .await?;
    answer(stored.object())
}

async fn delete(call: &Call) -> ApiResult<Response> {
    let options = DeleteOptions::parse(&call.query, &call.body)?;
    let write = call.write_options("DeleteOptions")?;
    let resource = &*call.target.resource;
    match verbs::delete(&call.api, &call.target, &options, &write).await? {
        Deleted::Now(stored) if answers_with_object(resource) => Ok(call.object(StatusCode::OK, &stored)),
        Deleted::Now(stored) => {
            let status = Status::deleted(resource, &call.target.name, stored.object().uid());
            Ok((StatusCode::OK, axum::Json(status)).into_response())
        }
        Deleted::Later(stored) => Ok(call.object(StatusCode::OK, &stored)),
    }
}

/// These kinds answer a deletion with the object even when it is gone.
fn answers_with_object(resource: &Resource) -> bool {
    resource.group.is_empty() && matches!(resource.plural.as_str(), "pods" | "services" | "serviceaccounts")
}

async fn delete_collection(call: &Call) -> ApiResult<Response> {
    let list = ListOptions::parse(&call.target.resource, &call.query, false)?;
    let options = DeleteOptions::parse(&call.query, &call.body)?;
    let write = call.write_options("DeleteOptions")?;
    let matches = |object: &Object| list.selector.matches(object);
    let (version, items) =
        verbs::delete_collection(&call.api, &call.target, &matches, &options, &write).await?;
    Ok(call.list(&items, &ListMeta { version, ..ListMeta::default() }))
}
