//! Between the form in which an object is kept and the one in which a resource shows it.

mod events;

use std::borrow::Cow;

use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// The form in which an object of `resource` is kept.
pub fn to_storage(resource: &Resource, mut object: Object) -> Object {
    if let Some(custom) = &resource.custom {
        // Versions of a custom resource differ in their name only: there are no conversion webhooks.
        object.set("apiVersion", format!("{}/{}", resource.group, custom.storage_version));
    } else if events::is_event(resource) {
        events::to_core(resource, &mut object);
    }
    object
}

/// A kept object as `resource` shows it.
pub fn from_storage<'a>(resource: &Resource, object: &'a Object) -> Cow<'a, Object> {
    if events::is_view(resource) {
        return Cow::Owned(events::to_view(object));
    }
    let version = resource.api_version();
    if object.api_version() == version {
        return Cow::Borrowed(object);
    }
    let mut shown = object.clone();
    shown.set("apiVersion", version);
    Cow::Owned(shown)
}

/// The field of the kept form that a field of `resource`'s form is; the first segment of a path decides.
pub fn stored_field(resource: &Resource, path: &str) -> String {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let first = if events::is_view(resource) { events::core_field(first).unwrap_or(first) } else { first };
    rest.map_or_else(|| first.to_owned(), |rest| format!("{first}.{rest}"))
}

/// The two forms differ in more than `apiVersion`.
pub fn is_view(resource: &Resource) -> bool {
    events::is_view(resource)
}
