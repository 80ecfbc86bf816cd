//! `ListOptions` of list, watch and deletecollection.

use serde_json::Value;

use super::Query;
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::registry::resource::Resource;
use crate::registry::selector::{FieldSelector, LabelSelector, Selector};
use crate::registry::version::{self, At, Continue};

/// Read and checked; what contradicts itself has been refused.
pub(in crate::api) struct ListOptions {
    pub selector: Selector,
    /// `None`: no limit.
    pub limit: Option<usize>,
    pub go_on: Option<Continue>,
    pub at: At,
    /// The version as the client sent it, `None` when it sent none.
    pub version: Option<u64>,
    pub timeout: Option<std::time::Duration>,
    pub bookmarks: bool,
    pub send_initial_events: Option<bool>,
}

impl ListOptions {
    pub(in crate::api) fn parse(resource: &Resource, query: &Query, watch: bool) -> ApiResult<Self> {
        let selector = Selector {
            labels: LabelSelector::parse(query.text("labelSelector"))?,
            fields: FieldSelector::parse(resource, query.text("fieldSelector"))?,
        };
        let limit = query.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
        let timeout = query.number("timeoutSeconds")?.filter(|seconds| *seconds > 0);
        let send_initial_events =
            (!query.text("sendInitialEvents").is_empty()).then(|| query.flag("sendInitialEvents"));
        check_match(query, watch, send_initial_events)?;
        let version = version::parse(query.text("resourceVersion"))?;
        let go_on = match query.text("continue") {
            "" => None,
            token => Some(Continue::decode(token)?),
        };
        if go_on.is_some() && version.is_some_and(|version| version != 0) {
            return Err(ApiError::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        let at = match (version, query.text("resourceVersionMatch")) {
            (Some(version), "Exact") => At::Exact(version),
            // A page of an old version was asked for before the parameter existed.
            (Some(version), "") if limit.is_some() && version > 0 => At::Exact(version),
            (Some(version), _) => At::NotOlderThan(version),
            (None, _) => At::Newest,
        };
        Ok(Self {
            selector,
            limit,
            go_on,
            at,
            version,
            timeout: timeout.map(|seconds| std::time::Duration::from_secs(seconds as u64)),
            bookmarks: query.flag("allowWatchBookmarks"),
            send_initial_events,
        })
    }
}

/// The rules about `resourceVersionMatch` and `sendInitialEvents`.
fn check_match(query: &Query, watch: bool, send_initial_events: Option<bool>) -> ApiResult<()> {
    const FIELD: &str = "resourceVersionMatch";
    let (version, matching) = (query.text("resourceVersion"), query.text(FIELD));
    let mut causes = Vec::new();
    if watch {
        if send_initial_events.is_some() {
            if matching != "NotOlderThan" {
                let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
                causes.push(Cause::forbidden(FIELD, why));
            }
            if send_initial_events == Some(true) && !query.flag("allowWatchBookmarks") {
                let why = "sendInitialEvents requires allowWatchBookmarks";
                causes.push(Cause::forbidden("allowWatchBookmarks", why));
            }
        } else if !matching.is_empty() {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(Cause::forbidden(FIELD, why));
        }
    } else {
        if send_initial_events.is_some() {
            causes.push(Cause::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        causes.extend(list_match(version, matching, !query.text("continue").is_empty()));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(ApiError::invalid_kind("meta.k8s.io", "ListOptions", "", causes))
    }
}

fn list_match(version: &str, matching: &str, continued: bool) -> Option<Cause> {
    const FIELD: &str = "resourceVersionMatch";
    if matching.is_empty() {
        return None;
    }
    if continued {
        return Some(Cause::forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if version.is_empty() {
        let why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
        return Some(Cause::forbidden(FIELD, why));
    }
    if !matches!(matching, "Exact" | "NotOlderThan") {
        return Some(Cause::not_supported(FIELD, &Value::from(matching), &["Exact", "NotOlderThan", ""]));
    }
    (matching == "Exact" && version == "0").then(|| {
        Cause::forbidden(FIELD, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
    })
}
