//! What is told of a tenant: derived from what was seen, written when it changed.

use domain::{
    Timestamp,
    function::{Condition, ConditionStatus},
    tenant::{Tenant, TenantStatus, condition},
};
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{Context, apply::Applied, validate::Invalid};
use crate::{Result, function::MANAGER};

/// The status after a reconcile; pure.
pub(super) fn derive(
    tenant: &Tenant,
    invalid: Option<Invalid>,
    applied: Option<&Applied>,
    now: Timestamp,
) -> TenantStatus {
    let old = tenant.status.clone().unwrap_or_default();
    let generation = tenant.metadata.generation.unwrap_or_default();
    let say = |kind: &str, holds: bool, reason: &str, message: &str| {
        let status = if holds { ConditionStatus::True } else { ConditionStatus::False };
        let before = old.condition(kind).filter(|before| before.status == status);
        let since = before.map_or_else(|| now.to_string(), |before| before.last_transition_time.clone());
        Condition {
            kind: kind.to_owned(),
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time: since,
            observed_generation: Some(generation),
        }
    };
    let made = applied.is_some();
    let queue = applied.is_some_and(|applied| applied.queue_ready);
    let suspended = tenant.spec.suspended;
    let why = invalid.clone().unwrap_or_default();
    let wait = "The event bus does not answer; this is tried again.";
    let (reason, message) = match (&invalid, queue) {
        (Some(why), _) => ("Invalid", why.as_str()),
        (None, false) => ("NoQueue", wait),
        (None, true) => ("SetUp", ""),
    };
    let conditions = vec![
        say(
            condition::VALID,
            invalid.is_none(),
            if invalid.is_none() { "Accepted" } else { "Invalid" },
            &why,
        ),
        say(condition::NAMESPACE_READY, made, if made { "Made" } else { "Invalid" }, &why),
        say(condition::GUARDED, made, if made { "Made" } else { "Invalid" }, &why),
        say(
            condition::EVENTING_READY,
            queue,
            if queue { "Declared" } else { "NoQueue" },
            if queue { "" } else { wait },
        ),
        say(
            condition::SUSPENDED,
            suspended,
            if suspended { "ByAdministrator" } else { "Running" },
            if suspended { "Its functions are stopped; nothing is lost." } else { "" },
        ),
        say(condition::READY, made && queue, reason, message),
    ];
    TenantStatus {
        observed_generation: generation,
        namespace: if made { tenant.name_any() } else { old.namespace.clone() },
        conditions,
    }
}

/// Writes it when it is another one than before.
pub(super) async fn write(tenant: &Tenant, next: TenantStatus, context: &Context) -> Result<()> {
    if tenant.status.as_ref() == Some(&next) {
        return Ok(());
    }
    let tenants = Api::<Tenant>::all(context.client.clone());
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let body = json!({"metadata": {"resourceVersion": tenant.resource_version()}, "status": next});
    tenants.patch_status(&tenant.name_any(), &params, &Patch::Merge(body)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::tenant::TenantSpec;

    use super::*;

    #[test]
    fn a_status_says_why_it_is_not_ready_and_keeps_the_time_of_what_did_not_move() {
        let mut tenant = Tenant::new("acme", TenantSpec::default());
        let applied = Applied { queue_ready: true, still_running: false };
        let at = Timestamp::from_millis;
        tenant.status = Some(derive(&tenant, Some("No.".to_owned()), None, at(1_000)));
        let status = tenant.status.as_ref().unwrap();
        assert_eq!(status.condition(condition::READY).unwrap().message, "No.");
        let next = derive(&tenant, None, Some(&applied), at(2_000));
        assert!(next.is_true(condition::READY));
        assert_eq!(next.namespace, "acme");
        tenant.status = Some(next.clone());
        assert_eq!(derive(&tenant, None, Some(&applied), at(3_000)), next, "nothing to write");
    }
}
