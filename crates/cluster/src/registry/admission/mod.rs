//! Admission: what is let in beyond the rules of its kind. Service accounts, limit ranges, quotas.

mod limits;
mod pod;
pub mod quota;

use serde_json::Value;

use crate::api::Warnings;
use crate::api::auth::User;
use crate::api::status::ApiResult;
use crate::knative;
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
    /// Go back to the caller, whatever the outcome.
    pub warnings: &'a Warnings,
}

/// May change the object, or refuse it. Comes before validation.
pub fn admit_create(attributes: &Attributes<'_>, object: &mut Value) -> ApiResult<()> {
    knative::admission::default(attributes, object, None);
    if attributes.resource.is("", "pods") {
        pod::admit(attributes, object)?;
        limits::apply_defaults(attributes, object);
    }
    Ok(())
}

/// May refuse a valid object. What it lets in is counted by quotas from then on.
pub async fn check_create(attributes: &Attributes<'_>, object: &Value) -> ApiResult<()> {
    if attributes.resource.is("", "pods") {
        limits::check(attributes, object)?;
    }
    quota::charge(attributes, object).await
}

/// May change the new object, or refuse the update.
pub fn admit_update(attributes: &Attributes<'_>, object: &mut Value, old: &Value) -> ApiResult<()> {
    knative::admission::default(attributes, object, Some(old));
    Ok(())
}

/// May refuse an object that is as its kind demands; `old` where it is an update.
pub fn review(attributes: &Attributes<'_>, object: &Value, old: Option<&Value>) -> ApiResult<()> {
    knative::admission::review(attributes, object, old)
}

/// May refuse the deletion.
pub fn admit_delete(_attributes: &Attributes<'_>, _old: &Value) -> ApiResult<()> {
    Ok(())
}
