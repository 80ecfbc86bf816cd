//! The finalizer: nothing of a function is left when its object goes, and its last events are out.

use domain::{
    event::{EventType, FunctionDeleted, ServiceDeleted},
    function::{ANNOTATION_ACTOR, FINALIZER, LABEL_FUNCTION, LambdaFunction, Phase},
};
use k8s_openapi::api::batch::v1::Job;
use knative::serving::Service;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    runtime::controller::Action,
};
use serde_json::json;

use super::{
    Context,
    apply::{MANAGER, delete_job},
    build,
    status::{self, Draft},
};
use crate::Result;

/// Puts the finalizer on, before anything is made.
pub(crate) async fn add(function: &LambdaFunction, context: &Context) -> Result<()> {
    let finalizers: Vec<_> = function.finalizers().iter().cloned().chain([FINALIZER.to_owned()]).collect();
    patch_finalizers(function, context, &finalizers).await
}

/// The resource version in the patch makes a list that someone else has just changed a conflict.
async fn patch_finalizers(function: &LambdaFunction, context: &Context, finalizers: &[String]) -> Result<()> {
    let patch =
        json!({"metadata": {"resourceVersion": function.resource_version(), "finalizers": finalizers}});
    let functions = namespaced(function, context);
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    functions.patch(&function.name_any(), &params, &Patch::Merge(patch)).await?;
    Ok(())
}

fn namespaced(function: &LambdaFunction, context: &Context) -> Api<LambdaFunction> {
    Api::namespaced(context.client.clone(), &function.namespace().unwrap_or_default())
}

/// Takes away what belongs to the function, then tells it, then lets the object go.
pub(crate) async fn run(function: &LambdaFunction, context: &Context) -> Result<Action> {
    if !function.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
        return Ok(Action::await_change());
    }
    if !status::is_named(function) {
        // Nothing was made for it, and nobody could be told about it.
        return release(function, context).await;
    }
    let deleting = function.status.as_ref().is_some_and(|status| status.phase == Phase::Deleting);
    if !deleting {
        let next = announce(function, context);
        return status::write(function, Some(next), context).await;
    }
    if !is_clean(function, context).await? {
        // The Service's end comes back through the watch.
        return Ok(Action::await_change());
    }
    let status = function.status.clone().unwrap_or_default();
    let told = EventType::FunctionDeleted.full_name();
    if !status.pending_events.iter().any(|pending| pending.event.kind == told) {
        let next = farewell(function, context);
        return status::write(function, Some(next), context).await;
    }
    let last = status.event_sequence;
    let confirmed = context.outbox.confirmed(&function.uid().unwrap_or_default());
    if confirmed.is_none_or(|(sequence, _)| sequence < last) {
        return Ok(Action::requeue(std::time::Duration::from_millis(100)));
    }
    context.queues.remove(function, context).await?;
    release(function, context).await
}

/// Lets the object go.
async fn release(function: &LambdaFunction, context: &Context) -> Result<Action> {
    let rest: Vec<_> = function.finalizers().iter().filter(|name| *name != FINALIZER).cloned().collect();
    patch_finalizers(function, context, &rest).await?;
    Ok(Action::await_change())
}

/// Starts what must be gone first; whether it is.
async fn is_clean(function: &LambdaFunction, context: &Context) -> Result<bool> {
    let namespace = function.namespace().unwrap_or_default();
    let ours = ListParams::default().labels(&format!("{LABEL_FUNCTION}={}", function.name_any()));
    for job in Api::<Job>::namespaced(context.client.clone(), &namespace).list_metadata(&ours).await? {
        delete_job(context, &namespace, &job.name_any()).await?;
    }
    let services = Api::<Service>::namespaced(context.client.clone(), &namespace);
    match services.get_metadata_opt(&function.name_any()).await? {
        None => Ok(true),
        Some(service) if service.metadata.deletion_timestamp.is_some() => Ok(false),
        Some(_) => {
            services.delete(&function.name_any(), &DeleteParams::background()).await?;
            Ok(services.get_metadata_opt(&function.name_any()).await?.is_none())
        }
    }
}

/// The phase Deleting, and the end of a build that still ran.
fn announce(function: &LambdaFunction, context: &Context) -> domain::function::FunctionStatus {
    let mut draft = Draft::of(function, context.clock.now());
    if build::current_job(function).is_some() {
        draft.stop_build("The function was deleted.");
    }
    draft.set_phase(Phase::Deleting, "Deleting", "The function is being deleted.");
    draft.finish()
}

/// The last events: the Service's end, then the function's.
fn farewell(function: &LambdaFunction, context: &Context) -> domain::function::FunctionStatus {
    let mut draft = Draft::of(function, context.clock.now());
    if draft.status().service_status.is_some() {
        draft.emit(EventType::ServiceDeleted, &ServiceDeleted { service: function.name_any() });
    }
    let gone = FunctionDeleted {
        generation: function.metadata.generation.unwrap_or_default(),
        actor: function.annotations().get(ANNOTATION_ACTOR).cloned(),
    };
    draft.emit(EventType::FunctionDeleted, &gone);
    draft.finish()
}
