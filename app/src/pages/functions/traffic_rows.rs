//! The traffic rows of the Settings tab: a share of the calls for a Revision, one row each.

use domain::function::{RevisionSummary, TrafficTarget};
use leptos::prelude::*;

use crate::{
    AppError,
    components::{field, icon::icon},
    form::Posted,
};

/// The select's word for "whatever is newest"; no Revision can be named so.
const LATEST: &str = "@latest";

/// A row as it is typed; without a target it is not used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Share {
    target: String,
    percent: String,
    tag: String,
}

impl Share {
    fn of(target: &TrafficTarget) -> Self {
        Self {
            target: target.revision_name.clone().unwrap_or_else(|| LATEST.to_owned()),
            percent: target.percent.to_string(),
            tag: target.tag.clone().unwrap_or_default(),
        }
    }

    fn used(&self) -> bool {
        !self.target.is_empty()
    }
}

/// The rows of what is set now; nothing set means that the latest Revision gets all calls.
pub(super) fn shares_of(present: &[TrafficTarget]) -> Vec<Share> {
    if present.is_empty() {
        return vec![Share { target: LATEST.to_owned(), percent: "100".to_owned(), tag: String::new() }];
    }
    present.iter().map(Share::of).collect()
}

/// The rows that were sent.
pub(super) fn shares_sent(posted: &Posted) -> Vec<Share> {
    let text = |text: &str| text.trim().to_owned();
    let rows = posted.all("traffic_target").zip(posted.all("traffic_percent")).zip(posted.all("traffic_tag"));
    rows.map(|((target, percent), tag)| Share {
        target: text(target),
        percent: text(percent),
        tag: text(tag),
    })
    .collect()
}

/// What the rows ask for. Rows that say what is set now give exactly that back, however it is written.
pub(super) fn targets(rows: &[Share], present: &[TrafficTarget]) -> Result<Vec<TrafficTarget>, AppError> {
    let used: Vec<Share> = rows.iter().filter(|row| row.used()).cloned().collect();
    if rows.is_empty() || used == shares_of(present) {
        return Ok(present.to_vec());
    }
    let refuse = |message: &str| AppError::invalid("spec.traffic", message);
    if used.is_empty() {
        return Err(refuse("One row must stay: calls need somewhere to go."));
    }
    if used == shares_of(&[]) {
        return Ok(Vec::new());
    }
    let target = |row: &Share| {
        let percent =
            row.percent.parse().map_err(|_| refuse("Write each share as a whole number from 0 to 100."))?;
        let latest = row.target == LATEST;
        Ok(TrafficTarget {
            revision_name: (!latest).then(|| row.target.clone()),
            latest_revision: latest.then_some(true),
            percent,
            tag: Some(row.tag.clone()).filter(|tag| !tag.is_empty()),
        })
    };
    used.iter().map(target).collect()
}

fn sum(rows: &[Share]) -> i64 {
    rows.iter().filter(|row| row.used()).filter_map(|row| row.percent.parse::<i64>().ok()).sum()
}

/// The rows, one more to fill, and what they add up to; the enhance island keeps the sum current.
pub(super) fn traffic_rows(
    rows: &[Share],
    revisions: &[RevisionSummary],
    problem: Option<&AppError>,
) -> AnyView {
    let total = sum(rows);
    let lines: Vec<_> = rows.iter().chain([&Share::default()]).map(|share| row(share, revisions)).collect();
    view! {
        <fieldset id="traffic" class="pairs" data-traffic="">
            <legend>"Traffic"</legend>
            <p class="hint">"Which Revision gets how much of the calls. A tag gives a Revision an address of its own, also with 0 %."</p>
            <div class="traffic-head" aria-hidden="true"><span>"Revision"</span><span>"Percent"</span><span>"Tag"</span></div>
            {lines}
            <button type="button" class="button quiet small" hidden data-add-row="">{icon("plus")}"Add a share"</button>
            <p class="traffic-sum" role="status" data-sum="" data-wrong=(total != 100).then_some("")>{said(total)}</p>
            <p class="hint" id="traffic-last" data-last="" hidden>"The last row stays: calls need somewhere to go."</p>
            {field::error("traffic", field::error_of(problem, &["spec.traffic"]))}
        </fieldset>
    }
    .into_any()
}

/// The sentence below the rows; the island says the same.
fn said(total: i64) -> String {
    match total {
        100 => "Adds up to 100 %.".to_owned(),
        more @ 101.. => format!("Adds up to {more} %: {} % too much.", more - 100),
        less => format!("Adds up to {less} %: {} % are missing.", 100 - less),
    }
}

fn row(share: &Share, revisions: &[RevisionSummary]) -> AnyView {
    let known = share.target.is_empty()
        || share.target == LATEST
        || revisions.iter().any(|revision| revision.name == share.target);
    let gone = (!known).then(|| share.target.clone());
    let option = |value: String, text: String| {
        let chosen = share.target == value;
        view! { <option value=value selected=chosen>{text}</option> }
    };
    let names: Vec<_> = revisions
        .iter()
        .map(|revision| {
            let state = if revision.ready { "" } else { " (not ready)" };
            option(revision.name.clone(), format!("{}{state}", revision.name))
        })
        .collect();
    view! {
        <div class="pair traffic-row">
            <select name="traffic_target" aria-label="Revision" aria-describedby="traffic-error">
                {option(String::new(), "Not used".to_owned())}
                {option(LATEST.to_owned(), "Latest ready Revision".to_owned())}
                {names}
                {gone.map(|name| option(name.clone(), format!("{name} (gone)")))}
            </select>
            <input type="number" name="traffic_percent" aria-label="Percent" aria-describedby="traffic-error" min="0" max="100" step="1" value=share.percent.clone() placeholder="0"/>
            <input name="traffic_tag" aria-label="Tag" aria-describedby="traffic-error" value=share.tag.clone() placeholder="no tag" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="32"/>
            <button type="button" class="button quiet small square" hidden data-remove-row="">{icon("cross")}<span class="sr">"Remove this share"</span></button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(target: &str, percent: &str, tag: &str) -> Share {
        Share { target: target.to_owned(), percent: percent.to_owned(), tag: tag.to_owned() }
    }

    fn split() -> Vec<TrafficTarget> {
        let target = |name: &str, percent, tag: Option<&str>| TrafficTarget {
            revision_name: Some(name.to_owned()),
            latest_revision: Some(false),
            percent,
            tag: tag.map(str::to_owned),
        };
        vec![target("hello-00001", 90, None), target("hello-00002", 10, Some("next"))]
    }

    #[test]
    fn saving_without_a_change_keeps_a_split_as_it_is_written() {
        let mut rows = shares_of(&split());
        rows.push(Share::default());
        assert_eq!(targets(&rows, &split()).unwrap(), split());
        assert_eq!(targets(&shares_of(&[]), &[]).unwrap(), []);
    }

    #[test]
    fn a_form_without_the_rows_does_not_lose_a_split() {
        assert_eq!(targets(&[], &split()).unwrap(), split());
    }

    #[test]
    fn rows_become_targets_in_their_order() {
        let rows = [share(LATEST, "80", ""), share("", "5", "x"), share("hello-00001", "20", "old")];
        let made = targets(&rows, &[]).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!((made[0].latest_revision, made[0].percent), (Some(true), 80));
        assert_eq!(made[1].revision_name.as_deref(), Some("hello-00001"));
        assert_eq!(made[1].tag.as_deref(), Some("old"));
    }

    #[test]
    fn the_latest_alone_is_the_default_and_is_written_as_nothing() {
        assert_eq!(targets(&[share(LATEST, "100", "")], &split()).unwrap(), []);
    }

    #[test]
    fn the_last_row_cannot_go_and_says_why() {
        let refused = targets(&[Share::default()], &split()).unwrap_err();
        assert_eq!(refused.field("spec.traffic"), Some("One row must stay: calls need somewhere to go."));
        assert!(targets(&[share(LATEST, "all", "")], &[]).is_err());
    }

    #[test]
    fn the_sum_says_what_is_missing() {
        assert_eq!(
            said(sum(&[share(LATEST, "80", ""), share("", "20", "")])),
            "Adds up to 80 %: 20 % are missing."
        );
    }
}
