//! DELETE of a collection: every object that matches, one after the other.

use std::sync::Arc;

use super::{Target, delete};
use crate::api::query::DeleteOptions;
use crate::api::status::ApiResult;
use crate::api::{Api, WriteOptions};
use crate::registry::Stored;
use crate::registry::object::Object;
use crate::registry::storage::Select;

/// Deletes what matches; gives the objects as they were before, and the version of the list.
pub async fn delete_collection(
    api: &Api,
    target: &Target,
    matches: &(dyn Fn(&Object) -> bool + Sync),
    options: &DeleteOptions,
    write: &WriteOptions,
) -> ApiResult<(u64, Vec<Arc<Stored>>)> {
    let namespace = (!target.namespace.is_empty()).then_some(target.namespace.as_str());
    let select = Select { namespace, matches: Some(matches), ..Select::default() };
    let Ok(listing) = api.registry.list(&target.resource, &select) else { return Ok((0, Vec::new())) };
    for stored in &listing.items {
        let object = stored.object();
        let one = Target::new(&target.resource, object.namespace(), object.name());
        match delete(api, &one, options, write).await {
            Err(error) if error.reason() != "NotFound" => return Err(error),
            // Gone, or someone else was quicker.
            _ => {}
        }
    }
    Ok((listing.version, listing.items))
}
