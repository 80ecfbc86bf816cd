//! Trying out where code comes from, before it is deployed.

use domain::{TenantName, function::NewCode, identity::Permission};

use crate::{AppError, api, components::source_access::Access, session};

/// Value of the button.
pub(super) const TEST: &str = "test-source";

/// Without a trial. Who may not write is told no names; without them the fields still take one.
pub(super) async fn beside(tenant: &TenantName) -> Access {
    if !session::may(Permission::Write, tenant) {
        return Access::default();
    }
    let secrets = api::functions::source_secrets(tenant.clone()).await.unwrap_or_default();
    Access { secrets, check: None }
}

/// With the trial of a form's code.
pub(super) async fn test(tenant: &TenantName, access: &mut Access, code: NewCode) -> Result<(), AppError> {
    let NewCode::Place { source } = code else { return Ok(()) };
    access.check = Some(api::functions::test_source(tenant.clone(), *source).await?);
    Ok(())
}
