//! Tenants: members, what someone may do, quota, the audit trail; and the administrator's overview.

use domain::{
    Cursor, Page, TenantName,
    audit::{AuditFilter, AuditRecord},
    tenant::{Access, MembersForm, QuotaUse, TenantQuery, TenantSummary, TenantTotals},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// The head of a tenant's pages.
#[server(prefix = "/fn", endpoint = "tenants/summary", input = Json, client = Client)]
pub async fn tenant_head(tenant: TenantName) -> Result<TenantSummary, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.tenant_summary(&caller, &tenant).await?)
}

/// Who is a member.
#[server(prefix = "/fn", endpoint = "tenants/members", input = Json, client = Client)]
pub async fn members(tenant: TenantName) -> Result<MembersForm, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.members(&caller, &tenant).await?)
}

/// Replaces the list of members.
#[server(prefix = "/fn", endpoint = "tenants/set-members", input = Json, client = Client)]
pub async fn set_members(tenant: TenantName, form: MembersForm) -> Result<MembersForm, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.set_members(&caller, &tenant, form).await?)
}

/// What someone may do, and why.
#[server(prefix = "/fn", endpoint = "tenants/test-access", input = Json, client = Client)]
pub async fn test_access(tenant: TenantName, name: String, groups: Vec<String>) -> Result<Access, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.test_access(&caller, &tenant, &name, groups).await?)
}

/// What a tenant uses of what it may.
#[server(prefix = "/fn", endpoint = "tenants/quota", input = Json, client = Client)]
pub async fn used_quota(tenant: TenantName) -> Result<Vec<QuotaUse>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.quota_use(&caller, &tenant).await?)
}

/// A page of the audit trail.
#[server(prefix = "/fn", endpoint = "tenants/audit", input = Json, client = Client)]
pub async fn list_audit(filter: AuditFilter, cursor: Option<Cursor>) -> Result<Page<AuditRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_audit(&caller, filter, cursor, None).await?)
}

/// A page of all tenants, for administrators.
#[server(prefix = "/fn", endpoint = "admin/overview", input = Json, client = Client)]
pub async fn admin_overview(query: TenantQuery) -> Result<Page<TenantTotals>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.admin_overview(&caller, &query).await?)
}

/// Makes a tenant from a manifest, for administrators.
#[server(prefix = "/fn", endpoint = "admin/create-tenant", input = Json, client = Client)]
pub async fn create_tenant(text: String) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.create_tenant(&caller, &text).await.map(drop)?)
}

/// Stops a tenant's functions, or lets them go on, for administrators.
#[server(prefix = "/fn", endpoint = "admin/suspend", input = Json, client = Client)]
pub async fn suspend_tenant(tenant: TenantName, suspended: bool) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.suspend_tenant(&caller, &tenant, suspended).await.map(drop)?)
}
