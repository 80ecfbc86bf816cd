//! All tenants at once, for administrators: from what is in memory, and the quotas of the rows on the page.

use std::cmp::Ordering;

use domain::{
    Cursor, Page, TenantName,
    function::{LambdaFunction, Phase, condition},
    identity::Caller,
    page,
    tenant::{Tenant, TenantQuery, TenantSort, TenantTotals},
};

use crate::{Platform, Result, summary::phase, tenants::summary};

/// Condition reason of a function that waits for a build place.
const QUEUED: &str = "Queued";

impl Platform {
    /// A page of all tenants, sorted and filtered here.
    pub async fn admin_overview(&self, caller: &Caller, query: &TenantQuery) -> Result<Page<TenantTotals>> {
        self.authorize_admin(caller)?;
        let wanted = query.q.as_deref().unwrap_or_default().trim().to_lowercase();
        let index = self.cache().tenant_index();
        let fits = |tenant: &Tenant, name: &TenantName| {
            let named =
                name.as_str().contains(&wanted) || tenant.spec.display_name.to_lowercase().contains(&wanted);
            named && query.suspended.is_none_or(|suspended| tenant.spec.suspended == suspended)
        };
        let mut rows: Vec<_> = index
            .all()
            .filter(|(name, tenant)| fits(tenant, name))
            .filter_map(|(name, tenant)| self.totals(name, tenant, caller))
            .map(|totals| (rank(&totals, query.sort), totals))
            .collect();
        let order = |a: &(i64, TenantTotals), b: &(i64, TenantTotals)| {
            let by = (a.0, &a.1.tenant.name).cmp(&(b.0, &b.1.tenant.name));
            if query.desc { by.reverse() } else { by }
        };
        rows.sort_unstable_by(order);
        if let Some(Cursor(last)) = &query.cursor {
            // Where the row with that name stands now; a tenant that is gone begins the list anew.
            let after = rows.iter().position(|(_, row)| row.tenant.name.as_str() == last);
            rows.drain(..after.map_or(0, |at| at + 1));
        }
        let limit = page::limit(query.limit) as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(_, row)| Cursor(row.tenant.name.to_string()));
        let mut items = Vec::with_capacity(rows.len());
        for (_, mut row) in rows {
            row.quota = self.read_quota(&row.tenant.name).await?.into_iter().next();
            items.push(row);
        }
        Ok(Page { items, next })
    }

    fn totals(&self, name: &TenantName, tenant: &Tenant, caller: &Caller) -> Option<TenantTotals> {
        let functions = self.cache().functions(name);
        let count = |wanted| functions.iter().filter(|function| phase(function) == wanted).count() as i64;
        let by_phase =
            Phase::ALL.into_iter().map(|phase| (phase, count(phase))).filter(|(_, count)| *count > 0);
        let queued = functions.iter().filter(|function| is_queued(function)).count() as i64;
        let replicas =
            functions.iter().filter_map(|function| function.status.as_ref()?.service_status.as_ref());
        Some(TenantTotals {
            tenant: summary(tenant, caller)?,
            members: tenant.spec.members.len() as i64,
            functions: by_phase.collect(),
            function_count: functions.len() as i64,
            replicas: replicas.map(|service| i64::from(service.replicas)).sum(),
            builds_running: (count(Phase::Building) - queued).max(0),
            builds_queued: queued,
            quota: None,
        })
    }
}

fn is_queued(function: &LambdaFunction) -> bool {
    let status = function.status.as_ref();
    let build = status.and_then(|status| status.condition(condition::BUILD_READY));
    build.is_some_and(|build| build.reason == QUEUED)
}

fn rank(totals: &TenantTotals, sort: TenantSort) -> i64 {
    let failed =
        || totals.functions.iter().find(|(phase, _)| *phase == Phase::Failed).map_or(0, |(_, count)| *count);
    match sort {
        TenantSort::Name => Ordering::Equal as i64,
        TenantSort::Functions => totals.function_count,
        TenantSort::Failed => failed(),
        TenantSort::Replicas => totals.replicas,
        TenantSort::Members => totals.members,
    }
}
