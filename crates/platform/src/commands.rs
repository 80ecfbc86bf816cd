//! Commands from the bus: what a click does, asked for by an event, and answered by one.
//!
//! The door has checked that the sender may change the tenant; whoever publishes to the exchange itself is trusted
//! by RabbitMQ. Either way a command acts in the tenant of its subject only. The same command again changes nothing:
//! the bus drops it within a day, and what comes twice all the same asks for a state that is there.

use std::time::Duration;

use bus::{Delivery, QueueSpec};
use domain::{
    BuildId, CorrelationId, FunctionName, TenantName,
    deadletter::Attempt,
    event::{
        BuildCommand, CloudEvent, DeployCommand, EventType, ResponseError, ResponseSuccess, RollbackCommand,
    },
    function::LambdaFunction,
    identity::{Caller, Role, User},
};
use futures::StreamExt;
use knative::serving::Service;
use kube::{Api, api::DeleteParams};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Error, PatchKind, Platform, Result, dispatcher::answer_event};

/// Commands on their way at once.
const PREFETCH: u16 = 100;
/// Wait before the next try when the bus failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Name space of what a command asks a build for.
const REQUESTS: Uuid = Uuid::from_u128(0x6b6e_6174_6976_652d_636f_6d6d_616e_6473);

impl Platform {
    /// Carries commands out until `stop`.
    pub async fn run_commands(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.take_commands(&stop).await {
                tracing::error!(%error, "commands wait in their queue");
            }
            stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
        }
    }

    async fn take_commands(&self, stop: &CancellationToken) -> Result<()> {
        self.bus().declare(QueueSpec::operator()).await?;
        let commands = self.bus().consume(bus::name::OPERATOR, PREFETCH).await?;
        let carry = |delivery| async move {
            if let Err(error) = self.carry_out(delivery).await {
                tracing::warn!(%error, "a command will be delivered again");
            }
        };
        commands.take_until(stop.cancelled()).for_each_concurrent(usize::from(PREFETCH), carry).await;
        Ok(())
    }

    async fn carry_out(&self, delivery: Delivery) -> Result<()> {
        let event = &delivery.event;
        let Some((tenant, function)) = event.target() else {
            let reason =
                "The command names no function: write <tenant>/<function> as its subject.".to_owned();
            let attempt = Attempt { number: 0, at: self.now(), status: None, duration_ms: 0.0, reason };
            return Ok(delivery.reject(attempt).await?);
        };
        let began = self.now();
        let done = self.command(event, &tenant, &function).await;
        if let Err(error @ (Error::Unavailable { .. } | Error::RateLimited { .. } | Error::Conflict)) = &done
            && !delivery.last
        {
            let attempt = Attempt {
                number: 0,
                at: began,
                status: None,
                duration_ms: self.now().millis_since(began) as f64,
                reason: error.to_string(),
            };
            return Ok(delivery.retry(attempt).await?);
        }
        let answer = match done {
            Ok(result) => {
                self.answer(event, &tenant, &function, EventType::ResponseSuccess, &ResponseSuccess(result))
            }
            Err(error) => {
                let correlation = correlation_of(event);
                let problem = error.problem(&correlation);
                let message = match problem.errors.first() {
                    Some(field) => format!("{}: {}", field.field, field.message),
                    None => format!("{} {}", problem.title, problem.detail),
                };
                let told = ResponseError {
                    kind: problem.code,
                    message,
                    stack: None,
                    retryable: problem.status >= 500,
                };
                self.answer(event, &tenant, &function, EventType::ResponseError, &told)
            }
        };
        self.bus().publish(bus::Exchange::Events, &answer).await?;
        Ok(delivery.ack().await?)
    }

    fn answer(
        &self,
        event: &CloudEvent,
        tenant: &TenantName,
        function: &FunctionName,
        kind: EventType,
        data: &impl serde::Serialize,
    ) -> CloudEvent {
        answer_event("operator", tenant, function, event, kind, self.now(), data)
    }

    /// What the command asks for, done; what is there then.
    async fn command(&self, event: &CloudEvent, tenant: &TenantName, name: &FunctionName) -> Result<Value> {
        let caller = &sender(event, tenant);
        if self.cache().tenant(tenant).is_none() {
            return Err(Error::NotFound("tenant"));
        }
        let request =
            || Uuid::new_v5(&REQUESTS, format!("{}\0{}", event.source, event.id).as_bytes()).to_string();
        match event.event_type() {
            Some(EventType::CommandFunctionDeploy) => match data::<DeployCommand>(event)?.spec {
                Some(spec) => self.deploy_spec(caller, tenant, name, spec).await,
                None => self
                    .rebuild_for(caller, tenant, name, request())
                    .await
                    .map(|()| json!({"build": "asked for"})),
            },
            Some(EventType::CommandFunctionRollback) => {
                let RollbackCommand { revision } = data(event)?;
                self.require_revision(caller, tenant, name, &revision).await?;
                let patch = json!({"spec": {"traffic": [{"revisionName": revision, "percent": 100}]}});
                self.patch_manifest(caller, tenant, name, PatchKind::Merge, &patch.to_string()).await?;
                Ok(json!({"revision": revision}))
            }
            Some(EventType::CommandBuildStart | EventType::CommandBuildRetry) => {
                self.rebuild_for(caller, tenant, name, request()).await?;
                Ok(json!({"build": "asked for"}))
            }
            Some(EventType::CommandBuildCancel) => {
                let wanted = data::<BuildCommand>(event)?.build_id;
                let id = match wanted {
                    Some(id) => id
                        .parse::<BuildId>()
                        .map_err(|invalid| Error::field("data.buildId", format!("{invalid}")))?,
                    None => {
                        let function =
                            self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
                        self.newest_build(tenant, &function).await?.ok_or(Error::NotFound("build"))?.id
                    }
                };
                self.cancel_build(caller, tenant, &id).await?;
                Ok(json!({"cancelled": id}))
            }
            Some(EventType::CommandServiceCreate | EventType::CommandServiceUpdate) => {
                let function = self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
                let url = function.status.as_ref().and_then(|s| s.service_status.as_ref()?.url.clone());
                Ok(json!({"service": name, "url": url}))
            }
            Some(EventType::CommandServiceDelete) => {
                // The operator makes it anew, as the function asks for one: a fresh start of what runs.
                let services: Api<Service> = Api::namespaced(self.kube().clone(), tenant.as_str());
                match services.delete(name.as_str(), &DeleteParams::background()).await.map_err(Error::from) {
                    Ok(_) | Err(Error::NotFound(_)) => Ok(json!({"deleted": name})),
                    Err(other) => Err(other),
                }
            }
            _ => Err(Error::field("type", "This is no command.")),
        }
    }

    async fn deploy_spec(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        spec: Value,
    ) -> Result<Value> {
        let manifest = json!({
            "apiVersion": "lambda.knative.io/v1alpha1",
            "kind": "LambdaFunction",
            "metadata": {"name": name},
            "spec": spec,
        });
        let present = self.cache().function(tenant, name).map(|_| name);
        let written: LambdaFunction =
            self.apply_manifest(caller, tenant, present, &manifest.to_string()).await?;
        Ok(json!({"function": name, "generation": written.metadata.generation}))
    }

    async fn require_revision(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        revision: &str,
    ) -> Result<()> {
        let detail = self.get_function(caller, tenant, name).await?;
        if detail.revisions.iter().any(|known| known.name == revision) {
            return Ok(());
        }
        Err(Error::field("data.revision", "The function has no such Revision."))
    }
}

fn data<T: DeserializeOwned>(event: &CloudEvent) -> Result<T> {
    serde_json::from_value(event.data.clone().unwrap_or_else(|| json!({})))
        .map_err(|error| Error::field("data", format!("{error}.")))
}

fn correlation_of(event: &CloudEvent) -> CorrelationId {
    let written = event.correlation_id().and_then(|id| id.parse().ok());
    written.unwrap_or_else(|| {
        Uuid::now_v7().to_string().parse().expect("a UUID has only letters that an id may have")
    })
}

/// Who the command acts as: a developer in its own tenant, and nobody elsewhere.
fn sender(event: &CloudEvent, tenant: &TenantName) -> Caller {
    let user = User {
        id: format!("event:{}", event.source),
        name: event.source.clone(),
        platform_admin: false,
        roles: vec![(tenant.clone(), Role::Developer)],
        ..User::default()
    };
    Caller { user, correlation_id: correlation_of(event), address: None }
}
