//! The entries of a layout's index: which image is in which repository, and under which tag.

use crate::{Descriptor, Digest, Index, REF_NAME, REPOSITORY};

/// One image in one repository, as `index.json` lists it. Equal images of two repositories are two entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Of the manifest.
    pub digest: &'a Digest,
    /// Where it was pushed; empty if nowhere.
    pub repository: &'a str,
    /// Present while no newer image has taken it.
    pub tag: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub(super) fn of(descriptor: &'a Descriptor) -> Self {
        let (named, tag) = match descriptor.annotations.get(REF_NAME) {
            Some(name) => split_tag(name),
            None => ("", None),
        };
        let kept = descriptor.annotations.get(REPOSITORY).map(String::as_str);
        Self { digest: &descriptor.digest, repository: kept.unwrap_or(named), tag }
    }

    /// Whether `reference` (`repository:tag`, `repository@digest` or both) leads here.
    pub fn is_named(&self, reference: &str) -> bool {
        let (name, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (reference, None),
        };
        let (repository, tag) = split_tag(name);
        let same_image = match digest {
            // Beside a digest a tag says nothing: it may have moved on.
            Some(digest) => digest == self.digest.as_str(),
            None => tag.is_some() && tag == self.tag,
        };
        !repository.is_empty() && repository == self.repository && same_image
    }
}

pub(super) fn find<'a>(index: &'a Index, reference: &str) -> Option<&'a Descriptor> {
    index.manifests.iter().rev().find(|descriptor| Entry::of(descriptor).is_named(reference))
}

pub(super) fn add(index: &mut Index, mut descriptor: Descriptor, name: Option<&str>) {
    let repository = name.map_or("", |name| split_tag(name).0);
    if let Some(name) = name {
        for other in &mut index.manifests {
            if other.annotations.get(REF_NAME).is_some_and(|present| present == name) {
                let repository = Entry::of(other).repository.to_owned();
                other.annotations.insert(REPOSITORY.to_owned(), repository);
                other.annotations.remove(REF_NAME);
            }
        }
        descriptor.annotations.insert(REF_NAME.to_owned(), name.to_owned());
        descriptor.annotations.insert(REPOSITORY.to_owned(), repository.to_owned());
    }
    // An entry of the same image without a tag says nothing that the new one does not.
    index.manifests.retain(|other| {
        let entry = Entry::of(other);
        *entry.digest != descriptor.digest || entry.repository != repository || entry.tag.is_some()
    });
    let known = index.manifests.iter().any(|other| {
        let entry = Entry::of(other);
        *entry.digest == descriptor.digest && entry.repository == repository
    });
    if name.is_some() || !known {
        index.manifests.push(descriptor);
    }
}

/// `host:5000/acme/hello:1` → `host:5000/acme/hello` and `1`.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[last..].find(':') {
        Some(colon) => (&name[..last + colon], Some(&name[last + colon + 1..])),
        None => (name, None),
    }
}
