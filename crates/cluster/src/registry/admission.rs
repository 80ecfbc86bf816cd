//! Admission: what is let in beyond the rules of its kind. Service accounts, limit ranges, quotas.

use serde_json::Value;

use crate::api::auth::User;
use crate::api::status::ApiResult;
use crate::registry::resource::{Resource, Subresource};
use crate::registry::storage::Registry;

/// The circumstances of a write.
pub struct Attributes<'a> {
    pub registry: &'a Registry,
    pub resource: &'a Resource,
    pub subresource: Option<Subresource>,
    /// Empty for cluster scope.
    pub namespace: &'a str,
    pub name: &'a str,
    pub user: &'a User,
    pub dry_run: bool,
}

/// May change the object, or refuse it.
pub fn admit_create(_attributes: &Attributes<'_>, _object: &mut Value) -> ApiResult<()> {
    Ok(())
}

/// May change the new object, or refuse the update.
pub fn admit_update(_attributes: &Attributes<'_>, _object: &mut Value, _old: &Value) -> ApiResult<()> {
    Ok(())
}

/// May refuse the deletion.
pub fn admit_delete(_attributes: &Attributes<'_>, _old: &Value) -> ApiResult<()> {
    Ok(())
}
