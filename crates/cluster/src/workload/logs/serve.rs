//! GET `pods/{name}/log`.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::Value;

use super::options::Options;
use super::read::Reader;
use super::{Logs, Run};
use crate::api::status::{ApiError, ApiResult};
use crate::registry::object::Object;

/// Answers with the log of a container of `pod`, as it grows if that was asked for. `parameter` gives
/// the first value of a query parameter, empty when it is absent.
pub(crate) fn serve<'a>(
    logs: &Logs,
    pod: &Object,
    now: jiff::Timestamp,
    parameter: impl Fn(&str) -> &'a str,
) -> ApiResult<Response> {
    let options = Options::parse(pod.name(), now, parameter)?;
    let container = container(pod, &options)?;
    if pod.text("/spec/nodeName").is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let number = run_number(pod, &container, options.previous)?;
    let run = Run {
        namespace: pod.namespace().to_owned(),
        pod: pod.name().to_owned(),
        uid: pod.uid().to_owned(),
        container,
        number,
    };
    let body = Body::from_stream(Reader::open(logs, &run, &options).into_stream());
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], body).into_response())
}

fn list<'a>(pod: &'a Object, pointer: &str) -> impl Iterator<Item = &'a Value> {
    pod.at(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn container(pod: &Object, options: &Options) -> ApiResult<String> {
    let names = |pointer: &str| list(pod, pointer).filter_map(|one| one["name"].as_str()).collect::<Vec<_>>();
    let (main, mut all) = (names("/spec/containers"), names("/spec/initContainers"));
    all.extend(&main);
    let asked = options.container.as_str();
    match (asked, main.as_slice()) {
        ("", [only]) => Ok((*only).to_owned()),
        ("", _) => Err(ApiError::bad_request(format!(
            "a container name must be specified for pod {}, choose one of: [{}]",
            pod.name(),
            all.join(" ")
        ))),
        _ if all.contains(&asked) => Ok(asked.to_owned()),
        _ => Err(ApiError::bad_request(format!("container {asked} is not valid for pod {}", pod.name()))),
    }
}

/// Which run of the container the log is of.
fn run_number(pod: &Object, container: &str, previous: bool) -> ApiResult<i32> {
    let place = format!("container \"{container}\" in pod \"{}\"", pod.name());
    let status = list(pod, "/status/containerStatuses")
        .chain(list(pod, "/status/initContainerStatuses"))
        .find(|status| status["name"] == container)
        .ok_or_else(|| ApiError::bad_request(format!("{place} is not available")))?;
    let count = status["restartCount"].as_i64().unwrap_or(0) as i32;
    let (state, last) = (&status["state"], &status["lastState"]["terminated"]);
    if previous {
        let missing = || ApiError::bad_request(format!("previous terminated {place} not found"));
        return if last.is_object() { Ok((count - 1).max(0)) } else { Err(missing()) };
    }
    let Some(waiting) = state["waiting"].as_object() else { return Ok(count) };
    if last.is_object() {
        return Ok(count);
    }
    let why = match waiting.get("reason").and_then(Value::as_str).unwrap_or_default() {
        "ErrImagePull" | "ImagePullBackOff" => "trying and failing to pull image",
        reason => reason,
    };
    Err(ApiError::bad_request(format!("{place} is waiting to start: {why}")))
}
