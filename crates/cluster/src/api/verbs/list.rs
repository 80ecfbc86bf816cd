//! GET of one object and of a collection.

use std::sync::Arc;

use super::Target;
use crate::api::Api;
use crate::api::query::ListOptions;
use crate::api::status::{ApiError, ApiResult};
use crate::api::view::ListMeta;
use crate::registry::storage::Select;
use crate::registry::version::{At, Continue, too_large};
use crate::registry::{Key, Object, Stored};

const CONTINUE_EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
const VERSION_EXPIRED: &str = "The resourceVersion for the provided list is too old.";

/// One object in its newest version.
pub fn get(api: &Api, target: &Target) -> ApiResult<Arc<Stored>> {
    api.registry.get(&target.resource, &target.key()).ok_or_else(|| target.not_found())
}

/// A page of objects.
pub(in crate::api) fn list(
    api: &Api,
    target: &Target,
    options: &ListOptions,
) -> ApiResult<(Vec<Arc<Stored>>, ListMeta)> {
    let current = api.registry.version();
    let (version, after) = match (&options.go_on, options.at) {
        (Some(token), _) => (token.version, Some(token.after())),
        (None, At::Exact(version)) => (Some(version), None),
        (None, At::NotOlderThan(version)) if version > current => return Err(too_large(version, current)),
        (None, _) => (None, None),
    };
    if let Some(version) = version.filter(|version| *version > current) {
        return Err(too_large(version, current));
    }
    let matches = |object: &Object| {
        (target.name.is_empty() || target.name == object.name()) && options.selector.matches(object)
    };
    let select = Select {
        namespace: (!target.namespace.is_empty()).then_some(target.namespace.as_str()),
        version,
        after: after.clone(),
        limit: options.limit,
        matches: if options.selector.is_empty() && target.name.is_empty() { None } else { Some(&matches) },
    };
    let listing = api.registry.list(&target.resource, &select).map_err(|_| expired(after))?;
    let meta = ListMeta {
        version: listing.version,
        continue_token: listing.next.map(|key| Continue::new(Some(listing.version), key).encode()),
        remaining: listing.remaining,
    };
    Ok((listing.items, meta))
}

/// A list that was begun in a version that is gone can go on in the newest one.
fn expired(after: Option<Key>) -> ApiError {
    match after {
        Some(key) => ApiError::expired(CONTINUE_EXPIRED).with_continue(Continue::new(None, key).encode()),
        None => ApiError::expired(VERSION_EXPIRED),
    }
}
