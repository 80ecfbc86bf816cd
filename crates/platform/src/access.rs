//! Who may do what: the only place where a permission is checked.

use domain::{
    TenantName,
    identity::{Caller, Permission},
};

use crate::{Error, Platform, Result};

impl Platform {
    /// Whether `caller` may do `permission` in `tenant`.
    ///
    /// A tenant that the caller has no role in answers like one that does not exist (SEC-16).
    pub(crate) fn authorize(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        permission: Permission,
    ) -> Result<()> {
        if caller.role_in(tenant).is_none() || !self.cache().has_tenant(tenant) {
            return Err(Error::NotFound("tenant"));
        }
        if caller.may(permission, tenant) {
            Ok(())
        } else {
            Err(Error::Forbidden { needs: permission.needs() })
        }
    }

    /// The tenants that the caller has a role in, by name.
    #[expect(clippy::unused_async, reason = "one shape for every method")]
    pub async fn tenants(&self, caller: &Caller) -> Result<Vec<TenantName>> {
        let mut all = self.cache().tenants();
        all.retain(|tenant| caller.role_in(tenant).is_some());
        Ok(all)
    }
}
