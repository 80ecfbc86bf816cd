//! A function with what its page shows beside its tabs.

use domain::{
    FunctionName, TenantName,
    function::{FunctionDetail, LambdaFunction, RevisionSummary},
    identity::{Caller, Permission},
};
use knative::serving::Revision;
use kube::{Api, ResourceExt, api::ListParams};

use crate::{
    Error, Platform, Result,
    functions::not_found,
    manifest::{editable_yaml, to_yaml},
    summary::{summary, timestamp},
};

impl Platform {
    /// Everything about one function; values of Secrets are not part of it.
    pub async fn get_function(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<FunctionDetail> {
        self.authorize(caller, tenant, Permission::Read)?;
        let function = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        let (secrets, revisions, build) = tokio::try_join!(
            self.secret_vars(tenant, &function),
            self.revisions(tenant, &function),
            self.newest_build(tenant, &function)
        )?;
        let spec = &function.spec;
        Ok(FunctionDetail {
            summary: summary(&function).ok_or(Error::NotFound("function"))?,
            conditions: function.status.as_ref().map(|status| status.conditions.clone()).unwrap_or_default(),
            handler: spec
                .runtime
                .as_ref()
                .filter(|_| spec.source.builds())
                .map(|runtime| runtime.handler.clone()),
            generation: function.metadata.generation.unwrap_or_default(),
            observed_generation: function.status.as_ref().map_or(0, |status| status.observed_generation),
            revisions,
            build,
            env: spec
                .env
                .iter()
                .filter(|var| var.value_from.as_ref().is_none_or(|from| from.secret_key_ref.is_none()))
                .cloned()
                .collect(),
            secrets,
            scaling: spec.scaling.clone(),
            resources: spec.resources.clone(),
            timeout_seconds: spec.timeout_seconds,
            build_timeout: spec.build.timeout.clone(),
            traffic: spec.traffic.clone(),
            path_url: format!("{}/{tenant}/{name}/", self.settings().gateway_url),
            yaml: to_yaml(&function)?,
            manifest: editable_yaml(&function)?,
        })
    }

    /// The Revisions of a function, newest first.
    async fn revisions(
        &self,
        tenant: &TenantName,
        function: &LambdaFunction,
    ) -> Result<Vec<RevisionSummary>> {
        let api: Api<Revision> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let selector = format!("serving.knative.dev/service={}", function.name_any());
        let list = api.list(&ListParams::default().labels(&selector)).await?;
        let service = function.status.as_ref().and_then(|status| status.service_status.as_ref());
        let traffic = service.map_or(&[][..], |service| &service.traffic);
        let latest = service.and_then(|service| service.latest_revision.as_deref());
        let mut rows: Vec<_> = list
            .items
            .iter()
            .map(|revision| {
                let name = revision.name_any();
                let mine = |share: &&domain::function::TrafficTarget| {
                    share.revision_name.as_deref() == Some(&name)
                        || (share.latest_revision == Some(true)
                            && share.revision_name.is_none()
                            && latest == Some(name.as_str()))
                };
                let ready = revision
                    .status
                    .as_ref()
                    .and_then(|status| knative::condition::find(&status.conditions, "Ready"));
                RevisionSummary {
                    ready: ready.is_some_and(knative::Condition::is_true),
                    reason: ready
                        .filter(|condition| !condition.is_true())
                        .and_then(|condition| condition.message.clone().or_else(|| condition.reason.clone()))
                        .unwrap_or_default(),
                    percent: traffic.iter().filter(mine).map(|share| share.percent).sum(),
                    tags: traffic.iter().filter(mine).filter_map(|share| share.tag.clone()).collect(),
                    replicas: revision.status.as_ref().and_then(|status| status.actual_replicas).unwrap_or(0),
                    image: revision
                        .spec
                        .pod
                        .containers
                        .first()
                        .and_then(|container| container.image.clone())
                        .unwrap_or_default(),
                    created_at: revision
                        .metadata
                        .creation_timestamp
                        .as_ref()
                        .map(timestamp)
                        .unwrap_or_default(),
                    name,
                }
            })
            .collect();
        rows.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.name.cmp(&a.name)));
        Ok(rows)
    }
}
