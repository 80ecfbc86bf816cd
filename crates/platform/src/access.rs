//! Who may do what: the only place where a permission is checked.

use domain::{
    TenantName,
    identity::{Caller, Permission, User},
    tenant::NOBODY,
};

use crate::{Error, Platform, Result};

impl Platform {
    /// Whether `caller` may do `permission` in `tenant`: every method asks by itself first.
    ///
    /// A tenant that the caller has no role in answers like one that does not exist (SEC-16).
    pub fn authorize(&self, caller: &Caller, tenant: &TenantName, permission: Permission) -> Result<()> {
        let real = tenant.as_str() != NOBODY && caller.role_in(tenant).is_some();
        let found = self.cache().tenant(tenant).filter(|_| real);
        let Some(found) = found else {
            self.note_denied(caller, tenant, permission);
            return Err(Error::NotFound("tenant"));
        };
        if !caller.may(permission, tenant) {
            self.note_denied(caller, tenant, permission);
            return Err(Error::Forbidden { needs: permission.needs() });
        }
        if found.spec.suspended && matches!(permission, Permission::Write | Permission::Invoke) {
            return Err(Error::refused(
                409,
                "tenant_suspended",
                "This tenant is suspended: its functions are stopped.",
                "Nothing is lost. An administrator of the platform can resume it.",
            ));
        }
        Ok(())
    }

    /// The same for dead letters, of which some are nobody's: those are the administrators'.
    pub(crate) fn authorize_letters(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        permission: Permission,
    ) -> Result<()> {
        if tenant.as_str() == NOBODY && caller.user.platform_admin {
            return Ok(());
        }
        self.authorize(caller, tenant, permission)
    }

    /// Refuses everyone but administrators of the platform.
    #[expect(clippy::unused_self, reason = "one shape for every check")]
    pub(crate) fn authorize_admin(&self, caller: &Caller) -> Result<()> {
        if caller.user.platform_admin { Ok(()) } else { Err(Error::AdminOnly) }
    }

    /// A person with the roles that the tenants' members give now; asked for at every request, so that a
    /// role that was taken away is gone at once. A script keeps the roles that its token was made with.
    pub fn recognise(&self, mut user: User) -> User {
        if !user.is_script() {
            user.roles = self.cache().roles_of(&user);
        }
        user
    }

    /// Whether someone still sees a tenant, or without one all of them: for streams that outlive the request that
    /// opened them.
    pub fn still_sees(&self, user: &User, tenant: Option<&TenantName>) -> bool {
        let Some(tenant) = tenant else { return user.platform_admin };
        let caller = Caller {
            user: self.recognise(user.clone()),
            correlation_id: "stream".parse().expect("letters are a correlation id"),
            address: None,
        };
        let nobodys = tenant.as_str() == NOBODY && caller.user.platform_admin;
        nobodys || self.cache().tenant(tenant).is_some() && caller.may(Permission::Read, tenant)
    }

    /// Whether an administrator stopped a tenant.
    pub fn is_suspended(&self, tenant: &TenantName) -> bool {
        self.cache().tenant(tenant).is_some_and(|tenant| tenant.spec.suspended)
    }

    /// Waits until a tenant is not suspended.
    pub(crate) async fn resumed(&self, tenant: &TenantName) {
        let goes_on = |index: &std::sync::Arc<crate::tenant_index::TenantIndex>| {
            index.get(tenant).is_none_or(|tenant| !tenant.spec.suspended)
        };
        // The sender lives as long as the platform, so waiting cannot fail.
        let _resumed = self.cache().watch_tenants().wait_for(goes_on).await.is_ok();
    }

    /// The tenants that the caller has a role in, by name.
    #[expect(clippy::unused_async, reason = "one shape for every method")]
    pub async fn tenants(&self, caller: &Caller) -> Result<Vec<TenantName>> {
        let mut all = self.cache().tenants();
        all.retain(|tenant| caller.role_in(tenant).is_some());
        Ok(all)
    }
}
