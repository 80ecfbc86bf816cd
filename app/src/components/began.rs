//! The version that a form began from, which tells whether somebody else wrote a newer one meanwhile.

use leptos::prelude::*;

use crate::form::Posted;

/// Where a form began, and what is newest now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    /// What the form was filled from.
    pub version: String,
    newest: String,
    sent: bool,
}

impl Began {
    /// A form that was sent goes on from where it began, so that a newer version is still noticed.
    pub fn of(posted: Option<&Posted>, newest: &str) -> Self {
        let sent = posted.map(|posted| posted.text("version")).filter(|version| !version.is_empty());
        let (newest, was_sent) = (newest.to_owned(), posted.is_some());
        Self { version: sent.unwrap_or_else(|| newest.clone()), newest, sent: was_sent }
    }

    /// The version that a sent form may replace: "mine anyway" replaces the one whose difference was shown.
    pub fn sent(posted: &Posted) -> String {
        let forced =
            Some(posted.text("newest")).filter(|newest| posted.action() == "force" && !newest.is_empty());
        forced.unwrap_or_else(|| posted.text("version"))
    }

    /// The hidden fields that carry it.
    pub fn fields(&self) -> AnyView {
        view! {
            <input type="hidden" name="version" value=self.version.clone()/>
            <input type="hidden" name="newest" value=self.newest.clone()/>
        }
        .into_any()
    }

    /// For `data-sent`: the fields hold what was sent, which is newer than any draft.
    pub fn was_sent(&self) -> Option<&'static str> {
        self.sent.then_some("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(pairs: &[(&str, &str)]) -> Posted {
        Posted(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_form_that_was_sent_goes_on_from_where_it_began() {
        assert_eq!(Began::of(None, "3-9").version, "3-9");
        assert_eq!(Began::of(Some(&posted(&[("version", "2-1")])), "3-9").version, "2-1");
    }

    #[test]
    fn mine_anyway_replaces_the_version_that_was_shown_and_no_newer_one() {
        let fields = [("version", "2-1"), ("newest", "3-9")];
        assert_eq!(Began::sent(&posted(&fields)), "2-1");
        assert_eq!(Began::sent(&posted(&[&fields[..], &[("do", "force")]].concat())), "3-9");
    }
}
