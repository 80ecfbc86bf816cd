//! What the command palette finds.

use domain::{
    TenantName,
    function::FunctionSummary,
    identity::{Caller, Permission},
};
use kube::ResourceExt;

use crate::{Platform, Result, summary::summary};

/// Most hits.
const MOST: usize = 20;

impl Platform {
    /// Functions whose name contains the text; those that begin with it come first.
    pub async fn search(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        text: &str,
    ) -> Result<Vec<FunctionSummary>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let wanted = text.trim().to_lowercase();
        let mut hits = self.cache().functions(tenant);
        hits.retain(|function| function.name_any().contains(&wanted));
        hits.sort_by_cached_key(|function| (!function.name_any().starts_with(&wanted), function.name_any()));
        Ok(hits.iter().take(MOST).filter_map(|function| summary(function)).collect())
    }
}
