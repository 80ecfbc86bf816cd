//! Archives that users upload.

use domain::TenantName;

/// Whether a storage key is an upload of this tenant.
pub(crate) fn is_key_of(key: &str, tenant: &TenantName) -> bool {
    let id =
        key.strip_prefix("uploads/").and_then(|rest| rest.strip_prefix(tenant.as_str())?.strip_prefix('/'));
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}
