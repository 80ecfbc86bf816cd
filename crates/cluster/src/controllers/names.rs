//! Accepts the names of new CustomResourceDefinitions and says that they are served.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::object::Object;

/// Accepts until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        shutdown.run_until_cancelled(follow(&handle)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle) {
    let Ok(definitions) = handle.resource("apiextensions.k8s.io", "customresourcedefinitions") else {
        return;
    };
    let (_, mut watcher) = handle.list_and_watch(&definitions);
    loop {
        for stored in handle.list(&definitions, None) {
            let object = stored.object();
            if is_accepted(object) {
                continue;
            }
            if let Err(error) = accept(handle, object.name()).await
                && !matches!(error.reason(), "NotFound" | "Conflict")
            {
                tracing::warn!(definition.name = object.name(), %error, "names could not be accepted");
            }
        }
        if watcher.next().await.is_err() {
            return;
        }
    }
}

fn is_accepted(object: &Object) -> bool {
    let conditions = object.at("/status/conditions").and_then(Value::as_array);
    let established = |one: &Value| one["type"] == "Established" && one["status"] == "True";
    conditions.is_some_and(|list| list.iter().any(established))
        && object.at("/status/acceptedNames") == object.at("/spec/names")
}

async fn accept(handle: &Handle, name: &str) -> ApiResult<()> {
    let definitions = handle.resource("apiextensions.k8s.io", "customresourcedefinitions")?;
    let now = crate::registry::metadata::time(handle.now());
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message});
    handle
        .update_status(&definitions, "", name, |object| {
            let mut status = object.at("/status").cloned().unwrap_or_default();
            status["acceptedNames"] = object.at("/spec/names").cloned().unwrap_or_default();
            status["conditions"] = json!([
                condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            ]);
            object.set("status", status);
            Ok(())
        })
        .await
        .map(|_| ())
}
