//! The Pods of a build that has ended: what its builder reported, and whether anything is left to be logged.

use domain::{BuildId, TenantName, build::BuildReport, function::LABEL_BUILD, live::Change, log::LogTarget};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{Api, api::ListParams};

use crate::{Platform, Result};

impl Platform {
    /// The report of a build that has just ended. A log that nobody will end any more ends here: that of a
    /// build without a Pod, or whose Pods went with the machine.
    pub(crate) async fn conclude_build(
        &self,
        tenant: &TenantName,
        id: &BuildId,
    ) -> Result<Option<BuildReport>> {
        let pods: Api<Pod> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let pods = pods.list(&ListParams::default().labels(&format!("{LABEL_BUILD}={id}"))).await?.items;
        if pods.iter().all(was_disrupted) {
            self.end_build_log(tenant, id).await?;
        }
        Ok(pods.iter().find_map(report))
    }

    /// The same for a Pod that nobody followed: with its function its log may be gone, and stays so.
    pub(crate) async fn end_kept_log(&self, tenant: &TenantName, id: &BuildId) -> Result<()> {
        match self.store().get_build(tenant, id).await? {
            Some(_) => self.end_build_log(tenant, id).await,
            None => Ok(()),
        }
    }

    /// Nothing more comes; whoever follows the log is told.
    pub(crate) async fn end_build_log(&self, tenant: &TenantName, id: &BuildId) -> Result<()> {
        let target = LogTarget::Build(id.clone());
        self.store().end_log(tenant, &target, self.now()).await?;
        let last = self.store().last_log_number(tenant, &target).await?;
        self.live().tell(Change::Log { tenant: tenant.clone(), target, last });
        Ok(())
    }
}

/// What the builder wrote as its last words.
pub(crate) fn report(pod: &Pod) -> Option<BuildReport> {
    let message = first_status(pod)?.state.as_ref()?.terminated.as_ref()?.message.as_deref()?;
    serde_json::from_str(message).ok()
}

/// Whether the machine took it away: its Job makes another one.
pub(crate) fn was_disrupted(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    has_ended(pod)
        && conditions.into_iter().any(|one| one.type_ == "DisruptionTarget" && one.status == "True")
}

pub(crate) fn has_started(pod: &Pod) -> bool {
    let state = first_status(pod).and_then(|status| status.state.as_ref());
    state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
}

pub(crate) fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn first_status(pod: &Pod) -> Option<&ContainerStatus> {
    let name = &pod.spec.as_ref()?.containers.first()?.name;
    pod.status.as_ref()?.container_statuses.as_ref()?.iter().find(|status| status.name == *name)
}
