//! Taking over what older versions wrote: their entries say in which repository they are by their tag only, and not
//! at all once the tag has moved on.

use std::collections::BTreeSet;

use super::{Entry, Image, Layout};
use crate::{Index, REF_NAME, REPOSITORY, Result};

impl Layout {
    /// Whether there are entries that do not say in which repository they are.
    pub fn has_old_entries(&self) -> Result<bool> {
        Ok(self.index()?.manifests.iter().any(|entry| !entry.annotations.contains_key(REPOSITORY)))
    }

    /// Puts entries of an older version into their repositories: those with a tag that are `ours` into that of
    /// the tag, the others into those of the `references` by digest that are in use, or into none; how many.
    pub fn adopt(&self, references: &BTreeSet<String>, ours: impl Fn(&Image) -> bool) -> Result<usize> {
        let mut adopted = 0;
        self.change_index(|index| {
            for entry in 0..index.manifests.len() {
                let Some(repository) = self.repository_of(index, entry, references, &ours) else { continue };
                index.manifests[entry].annotations.insert(REPOSITORY.to_owned(), repository);
                adopted += 1;
            }
        })?;
        Ok(adopted)
    }

    fn repository_of(
        &self,
        index: &Index,
        entry: usize,
        references: &BTreeSet<String>,
        ours: impl Fn(&Image) -> bool,
    ) -> Option<String> {
        let descriptor = &index.manifests[entry];
        if descriptor.annotations.contains_key(REPOSITORY) {
            return None;
        }
        let own = || self.image(&descriptor.digest).is_ok_and(|image| ours(&image));
        if descriptor.annotations.contains_key(REF_NAME) {
            return own().then(|| Entry::of(descriptor).repository.to_owned());
        }
        let wanted = |reference: &&String| {
            let digest = reference.split_once('@').map(|(_, digest)| digest);
            let is_found = || index.manifests.iter().any(|other| Entry::of(other).is_named(reference));
            digest == Some(descriptor.digest.as_str()) && !is_found()
        };
        match references.iter().find(wanted).and_then(|reference| reference.split_once('@')) {
            Some((repository, _)) => Some(repository.to_owned()),
            // Nobody can have it; a sweep may take it.
            None => own().then(String::new),
        }
    }
}
