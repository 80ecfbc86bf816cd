//! The LambdaFunction controller.

mod apply;
mod build;
mod dereference;
mod finalize;
mod render;
mod repository;
mod status;
mod validate;

use std::{sync::Arc, time::Duration};

use bus::Bus;
use domain::{
    Clock, SystemClock,
    function::{FINALIZER, LABEL_FUNCTION, LambdaFunction},
    tenant::Tenant,
};
use futures::StreamExt;
use k8s_openapi::api::{batch::v1::Job, core::v1::Secret};
use knative::serving::{Revision, Service};
use kube::{
    Api, Client, ResourceExt,
    runtime::{
        Controller,
        controller::{self, Action},
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use tokio_util::sync::CancellationToken;

use self::build::Plan;
use crate::{Error, Result, Settings, outbox::Outbox, story::Story};

pub(crate) use apply::MANAGER;
pub(crate) use build::has_ended;
pub(crate) use status::REFUSED;

/// How long confirmed events may stay in the status waiting for a write that takes them along.
const PRUNE_AFTER: Duration = Duration::from_secs(5);
/// First and longest wait after a failed reconcile of one object.
const BACKOFF_FIRST: Duration = Duration::from_millis(250);
const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Reconciles at a time. After a start there is one for every function, and a page that is asked for then
/// waits behind those that run.
const CONCURRENT: u16 = 16;

/// What every reconcile needs.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) outbox: Outbox,
    pub(crate) story: Story,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    /// All functions, as the watch has them: who queues for a build place.
    pub(crate) functions: Store<LambdaFunction>,
    /// All tenants: how many builds may run at once.
    tenants: Store<Tenant>,
    failures: apply::Failures,
    queues: apply::DeclaredQueues,
    places: build::Places,
}

impl Context {
    /// Builds that the function's tenant may run at once: none while it is suspended.
    fn build_places(&self, function: &LambdaFunction) -> usize {
        let tenant = self.tenants.get(&ObjectRef::new(&function.namespace().unwrap_or_default()));
        match tenant {
            Some(tenant) if tenant.spec.suspended => 0,
            Some(tenant) => {
                let allowed = usize::try_from(tenant.spec.quota.concurrent_builds).unwrap_or(1).max(1);
                allowed.min(self.settings.concurrent_builds)
            }
            None => self.settings.concurrent_builds,
        }
    }
}

/// Runs the controller until `stop`.
pub(crate) async fn run(
    client: Client,
    bus: Arc<dyn Bus>,
    outbox: Outbox,
    story: Story,
    settings: Settings,
    tenants: Store<Tenant>,
    stop: CancellationToken,
) {
    let all = watcher::Config::default();
    let controller = Controller::new(Api::<LambdaFunction>::all(client.clone()), all.clone());
    let functions = controller.store();
    let waiting = functions.clone();
    let users = functions.clone();
    let held = functions.clone();
    let ours = all.clone().labels(LABEL_FUNCTION);
    let context = Arc::new(Context {
        client: client.clone(),
        bus,
        outbox,
        story,
        settings,
        clock: Arc::new(SystemClock),
        functions,
        tenants,
        failures: apply::Failures::default(),
        queues: apply::DeclaredQueues::default(),
        places: build::Places::default(),
    });
    controller
        .owns(Api::<Service>::all(client.clone()), ours.clone())
        .watches(Api::<Job>::all(client.clone()), ours, move |job| {
            owner_of(&job).into_iter().chain(queued_in(&waiting, job.namespace()))
        })
        .watches(Api::<Revision>::all(client.clone()), all.clone(), |revision| {
            let name = revision.labels().get(knative::serving::annotation::SERVICE).cloned();
            name.map(|name| in_namespace(&name, revision.namespace()))
        })
        .watches(Api::<Secret>::all(client.clone()), all.clone(), move |secret| users_of(&users, &secret))
        // A larger number of builds, or the end of a suspension, lets those go on who wait.
        .watches(Api::<Tenant>::all(client.clone()), all, move |tenant| {
            queued_in(&held, Some(tenant.name_any()))
        })
        .with_config(controller::Config::default().concurrency(CONCURRENT))
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, context)
        .for_each(|_| async {})
        .await;
}

fn in_namespace(name: &str, namespace: Option<String>) -> ObjectRef<LambdaFunction> {
    ObjectRef::new(name).within(&namespace.unwrap_or_default())
}

fn owner_of(job: &Job) -> Option<ObjectRef<LambdaFunction>> {
    job.labels().get(LABEL_FUNCTION).map(|name| in_namespace(name, job.namespace()))
}

/// A Job that ends frees a place for those who wait in the same tenant.
fn queued_in(functions: &Store<LambdaFunction>, namespace: Option<String>) -> Vec<ObjectRef<LambdaFunction>> {
    let waits =
        |function: &&Arc<LambdaFunction>| build::is_queued(function) && function.namespace() == namespace;
    functions.state().iter().filter(waits).map(|function| ObjectRef::from_obj(&**function)).collect()
}

/// A changed Secret concerns the functions whose environment names it.
fn users_of(functions: &Store<LambdaFunction>, secret: &Secret) -> Vec<ObjectRef<LambdaFunction>> {
    let name = secret.name_any();
    let namespace = secret.namespace();
    let uses = |function: &&Arc<LambdaFunction>| {
        function.namespace() == namespace
            && dereference::secret_names(&function.spec).any(|used| used == name)
    };
    functions.state().iter().filter(uses).map(|function| ObjectRef::from_obj(&**function)).collect()
}

/// dereference → validate → render → apply → status.
async fn reconcile(function: Arc<LambdaFunction>, context: Arc<Context>) -> Result<Action> {
    if function.metadata.deletion_timestamp.is_some() {
        return finalize::run(&function, &context).await;
    }
    if !function.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
        finalize::add(&function, &context).await?;
        // The write comes back through the watch.
        return Ok(Action::await_change());
    }
    let mut observed = dereference::run(&function, &context).await?;
    let valid = validate::run(&function);
    let places = context.build_places(&function);
    let mut decision = build::decide(&function, valid.as_ref().ok(), &observed, places);
    let mut place = None;
    if let Plan::Start { .. } = decision.plan {
        place = Some(context.places.lock(&function.namespace().unwrap_or_default()).await);
        observed.running_builds = dereference::running_builds(&function, &context).await?;
        decision = build::decide(&function, valid.as_ref().ok(), &observed, places);
    }
    apply::end_build(&function, &decision, &context).await?;
    let plan = &decision.plan;
    let applied = match &valid {
        Ok(valid) => {
            let desired = render::run(&function, valid, plan, &observed, &context.settings);
            Box::pin(apply::run(&function, valid, desired, place, &observed, &context)).await?
        }
        Err(_) => apply::Applied::from_observed(&observed),
    };
    let facts = status::Facts {
        invalid: valid.err(),
        plan,
        superseded: decision.superseded.as_ref(),
        applied: &applied,
        now: context.clock.now(),
    };
    let next = status::derive(&function, &facts);
    let requeue = status::write(&function, next, &context).await?;
    context.failures.clear(&function);
    // A quota or a policy that refuses today is not seen by any watch.
    Ok(if applied.is_refused() { Action::requeue(BACKOFF_MAX) } else { requeue })
}

fn on_error(function: Arc<LambdaFunction>, error: &Error, context: Arc<Context>) -> Action {
    if error.is_conflict() {
        // The newer object is on its way through the watch.
        return Action::requeue(BACKOFF_FIRST);
    }
    let wait = context.failures.next_wait(&function);
    tracing::warn!(%error, function.name = %function.name_any(), function.namespace = ?function.namespace(),
        wait_ms = wait.as_millis() as u64, "a reconcile failed and is tried again");
    Action::requeue(wait)
}
