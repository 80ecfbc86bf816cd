//! Who did what in all tenants, sign-ins and denied tries too.

use leptos::prelude::*;

use crate::{frame::framed, pages::tenants, routes};

/// `/admin/audit`
#[component]
pub fn AdminAuditPage() -> impl IntoView {
    framed(async || tenants::audit::load(routes::admin_audit(), None, false).await)
}
