//! Tenants: made, changed, stopped and deleted; what they use of what they may.

use std::time::Duration;

use domain::{
    TenantName,
    function::{GROUP, VERSION},
    identity::{Caller, Permission},
    tenant::{FIRST, QUOTA_NAME, QuotaUse, Tenant, TenantSummary, condition},
};
use k8s_openapi::api::core::v1::ResourceQuota;
use knative::Quantity;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams},
};
use serde_json::Value;

use crate::{Error, Platform, Result, manifest::parse};

/// How long a write waits for the new tenant to be usable; it goes on without its waiting, too.
const SET_UP: Duration = Duration::from_secs(5);

impl Platform {
    /// The tenants that the caller has a role in, with what heads their pages.
    pub async fn tenant_summaries(&self, caller: &Caller) -> Result<Vec<TenantSummary>> {
        let index = self.cache().tenant_index();
        Ok(index.all().filter_map(|(_, tenant)| summary(tenant, caller)).collect())
    }

    /// The head of one tenant's pages.
    pub async fn tenant_summary(&self, caller: &Caller, name: &TenantName) -> Result<TenantSummary> {
        self.authorize(caller, name, Permission::Read)?;
        let tenant = self.cache().tenant(name);
        tenant.and_then(|tenant| summary(&tenant, caller)).ok_or(Error::NotFound("tenant"))
    }

    /// The resource, managed fields left out.
    pub async fn get_tenant(&self, caller: &Caller, name: &TenantName) -> Result<Tenant> {
        self.authorize(caller, name, Permission::Read)?;
        let tenant = self.tenants_api().get(name.as_str()).await.map_err(not_found)?;
        Ok(without_managed_fields(tenant))
    }

    /// The resources of the tenants that the caller has a role in.
    pub async fn list_tenants(&self, caller: &Caller) -> Result<Vec<Tenant>> {
        let index = self.cache().tenant_index();
        let mine = index.all().filter(|(name, _)| caller.role_in(name).is_some());
        Ok(mine.map(|(_, tenant)| without_managed_fields((**tenant).clone())).collect())
    }

    /// Makes a tenant from a manifest in JSON or YAML, and waits a moment until it can be used.
    pub(crate) async fn create_tenant_now(&self, caller: &Caller, text: &str) -> Result<Tenant> {
        self.authorize_admin(caller)?;
        let tenant = decode(accept(parse(text)?, None)?)?;
        let created = self.tenants_api().create(&PostParams::default(), &tenant).await?;
        let name: TenantName = created.name_any().parse().map_err(Error::internal)?;
        self.cache().observe_tenant(created);
        Ok(without_managed_fields(self.await_ready(&name).await?))
    }

    async fn await_ready(&self, name: &TenantName) -> Result<Tenant> {
        let mut changes = self.cache().watch_tenants();
        let settled = changes.wait_for(|index| {
            index.get(name).is_none_or(|tenant| {
                let status = tenant.status.as_ref();
                status.is_some_and(|status| status.condition(condition::READY).is_some())
            })
        });
        // Without an answer in time the tenant is there all the same, and its status says how it stands.
        let _settled = tokio::time::timeout(SET_UP, settled).await.is_ok();
        self.tenants_api().get(name.as_str()).await.map_err(not_found)
    }

    /// Replaces a tenant's spec. An owner may change its members and what it is called; the rest is the
    /// administrators'.
    pub(crate) async fn replace_tenant_now(
        &self,
        caller: &Caller,
        name: &TenantName,
        text: &str,
    ) -> Result<Tenant> {
        self.authorize(caller, name, Permission::Administer)?;
        let wanted = decode(accept(parse(text)?, Some(name))?)?;
        let version = wanted.metadata.resource_version.clone();
        self.edit_tenant(caller, name, |tenant| {
            if version.is_some() && version != tenant.metadata.resource_version {
                return Err(Error::Conflict);
            }
            tenant.spec = wanted.spec.clone();
            Ok(())
        })
        .await
    }

    /// Stops a tenant's functions, or lets them go on.
    pub(crate) async fn suspend_tenant_now(
        &self,
        caller: &Caller,
        name: &TenantName,
        suspended: bool,
    ) -> Result<Tenant> {
        self.authorize(caller, name, Permission::Read)?;
        self.authorize_admin(caller)?;
        self.edit_tenant(caller, name, |tenant| {
            tenant.spec.suspended = suspended;
            Ok(())
        })
        .await
    }

    /// Deletes a tenant with all that belongs to it.
    pub(crate) async fn delete_tenant_now(&self, caller: &Caller, name: &TenantName) -> Result<()> {
        self.authorize(caller, name, Permission::Read)?;
        self.authorize_admin(caller)?;
        if name.as_str() == FIRST {
            return Err(Error::refused(
                409,
                "first_tenant",
                "The tenant of the first start can not be deleted.",
                "Suspend it, or delete its functions.",
            ));
        }
        let deleted = self.tenants_api().delete(name.as_str(), &DeleteParams::background()).await;
        deleted.map_err(not_found)?;
        // A later tenant of that name must not be open to the scripts of this one.
        self.store().delete_api_tokens_of(name).await?;
        Ok(())
    }

    /// What a tenant uses of what it may, fullest first: read from the meter that refuses.
    pub async fn quota_use(&self, caller: &Caller, name: &TenantName) -> Result<Vec<QuotaUse>> {
        self.authorize(caller, name, Permission::Read)?;
        self.read_quota(name).await
    }

    pub(crate) async fn read_quota(&self, name: &TenantName) -> Result<Vec<QuotaUse>> {
        let quotas: Api<ResourceQuota> = Api::namespaced(self.kube().clone(), name.as_str());
        let quota = quotas.get_opt(QUOTA_NAME).await?.unwrap_or_default();
        let hard = quota.spec.and_then(|spec| spec.hard).unwrap_or_default();
        let used = quota.status.and_then(|status| status.used).unwrap_or_default();
        let line = |(key, limit): (&String, &k8s_openapi::apimachinery::pkg::api::resource::Quantity)| {
            let used = used.get(key).map_or("0", |used| used.0.as_str());
            QuotaUse {
                what: label(key).to_owned(),
                used: used.to_owned(),
                limit: limit.0.clone(),
                percent: percent(used, &limit.0),
            }
        };
        let mut lines: Vec<_> = hard.iter().map(line).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.percent));
        Ok(lines)
    }

    pub(crate) fn tenants_api(&self) -> Api<Tenant> {
        Api::all(self.kube().clone())
    }

    /// Reads, changes and writes a tenant; tries again when someone else wrote meanwhile.
    pub(crate) async fn edit_tenant(
        &self,
        caller: &Caller,
        name: &TenantName,
        change: impl Fn(&mut Tenant) -> Result<()>,
    ) -> Result<Tenant> {
        let api = self.tenants_api();
        for _ in 0..10 {
            let before = api.get(name.as_str()).await.map_err(not_found)?;
            let mut tenant = before.clone();
            change(&mut tenant)?;
            if tenant == before {
                return Ok(without_managed_fields(before));
            }
            allowed(caller, &before, &tenant)?;
            match api.replace(name.as_str(), &PostParams::default(), &tenant).await.map_err(not_found) {
                Ok(written) => {
                    self.cache().observe_tenant(written.clone());
                    return Ok(without_managed_fields(written));
                }
                Err(Error::Conflict) => {}
                Err(other) => return Err(other),
            }
        }
        Err(Error::Conflict)
    }
}

/// What an owner decides, and what only an administrator does.
fn allowed(caller: &Caller, before: &Tenant, after: &Tenant) -> Result<()> {
    if caller.user.platform_admin {
        return Ok(());
    }
    let mut owners = after.spec.clone();
    owners.members.clone_from(&before.spec.members);
    owners.display_name.clone_from(&before.spec.display_name);
    if owners != before.spec {
        return Err(Error::AdminOnly);
    }
    let owner = |tenant: &Tenant| {
        tenant.spec.members.iter().any(|member| member.role == domain::identity::Role::Owner)
    };
    if owner(before) && !owner(after) {
        return Err(Error::field("members", "A tenant needs an owner: make someone else one first."));
    }
    Ok(())
}

fn not_found(error: kube::Error) -> Error {
    match Error::from(error) {
        Error::NotFound(_) => Error::NotFound("tenant"),
        other => other,
    }
}

fn without_managed_fields(mut tenant: Tenant) -> Tenant {
    tenant.metadata.managed_fields = None;
    tenant
}

pub(crate) fn summary(tenant: &Tenant, caller: &Caller) -> Option<TenantSummary> {
    let name: TenantName = tenant.name_any().parse().ok()?;
    let ready = tenant.status.as_ref().and_then(|status| status.condition(condition::READY));
    let holds = ready.is_some_and(|ready| ready.status == domain::function::ConditionStatus::True);
    let reason = match ready {
        None => "It is being set up.".to_owned(),
        Some(ready) => ready.message.clone(),
    };
    let display = &tenant.spec.display_name;
    let created = tenant.metadata.creation_timestamp.as_ref();
    Some(TenantSummary {
        display_name: if display.is_empty() { name.to_string() } else { display.clone() },
        suspended: tenant.spec.suspended,
        ready: holds,
        reason: if holds { String::new() } else { reason },
        role: caller.role_in(&name)?,
        created_at: created.map(crate::summary::timestamp).unwrap_or_default(),
        name,
    })
}

fn label(key: &str) -> &str {
    match key {
        "count/lambdafunctions.lambda.knative.io" => "Functions",
        "pods" => "Instances and builds",
        "requests.cpu" => "Cores",
        "requests.memory" => "Memory",
        "requests.storage" => "Storage",
        other => other,
    }
}

/// How much of the limit is used; a limit of nothing is full.
fn percent(used: &str, limit: &str) -> i64 {
    match (Quantity::parse(used), Quantity::parse(limit)) {
        (Some(used), Some(limit)) if limit > Quantity::ZERO => (used.value() * 100.0 / limit.value()) as i64,
        (Some(used), Some(_)) if used > Quantity::ZERO => 100,
        _ => 0,
    }
}

fn decode(manifest: Value) -> Result<Tenant> {
    serde_json::from_value(manifest).map_err(|error| Error::field("spec", format!("Not a Tenant: {error}.")))
}

/// Refuses what is not a tenant's manifest, and takes away what only the cluster writes.
fn accept(mut manifest: Value, name: Option<&TenantName>) -> Result<Value> {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let expected = format!("{GROUP}/{VERSION}");
    if text("/apiVersion").as_deref() != Some(&expected) {
        return Err(Error::field("apiVersion", format!("Write {expected}.")));
    }
    if text("/kind").as_deref() != Some("Tenant") {
        return Err(Error::field("kind", "Write Tenant."));
    }
    let given = text("/metadata/name");
    let given = match (given, name) {
        (Some(given), Some(name)) if given != name.as_str() => {
            return Err(Error::field("metadata.name", format!("Write {name}: a tenant can not be renamed.")));
        }
        (Some(given), _) => given,
        (None, Some(name)) => name.to_string(),
        (None, None) => return Err(Error::field("metadata.name", "Write the tenant's name.")),
    };
    given.parse::<TenantName>().map_err(|error| Error::field("metadata.name", error.to_string()))?;
    let version = name.and_then(|_| text("/metadata/resourceVersion"));
    let object = manifest.as_object_mut().ok_or_else(|| Error::field("", "A manifest is an object."))?;
    object.remove("status");
    object.entry("spec").or_insert_with(|| Value::Object(serde_json::Map::default()));
    object.insert("metadata".to_owned(), serde_json::json!({"name": given, "resourceVersion": version}));
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use domain::{
        identity::{Role, User},
        tenant::{Member, TenantSpec},
    };

    use super::*;

    fn tenant(change: impl FnOnce(&mut TenantSpec)) -> Tenant {
        let mut spec =
            TenantSpec { members: vec![Member::user("local:olga", Role::Owner)], ..TenantSpec::default() };
        change(&mut spec);
        Tenant::new("acme", spec)
    }

    fn olga() -> Caller {
        Caller { user: User::local("olga"), correlation_id: "c".parse().unwrap(), address: None }
    }

    #[test]
    fn an_owner_changes_members_and_not_the_quota() {
        let before = tenant(|_| ());
        let more = tenant(|spec| spec.members.push(Member::group("team", Role::Viewer)));
        assert!(allowed(&olga(), &before, &more).is_ok());
        for change in [
            |spec: &mut TenantSpec| spec.quota.functions = 1_000,
            |spec: &mut TenantSpec| spec.suspended = true,
            |spec: &mut TenantSpec| spec.network.isolated = false,
        ] {
            assert!(matches!(allowed(&olga(), &before, &tenant(change)), Err(Error::AdminOnly)));
        }
        assert!(
            allowed(&olga(), &before, &tenant(|spec| spec.members.clear())).is_err(),
            "the last owner stays"
        );
    }

    #[test]
    fn shares_of_a_quota_are_counted_over_units() {
        assert_eq!(percent("512Mi", "1Gi"), 50);
        assert_eq!(percent("500m", "2"), 25);
        assert_eq!((percent("0", "0"), percent("1", "0")), (0, 100));
    }
}
