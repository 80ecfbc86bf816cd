//! `PodLogOptions`: what of a log is asked for.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::api::status::{ApiError, ApiResult, Cause};

/// The parameters of a request for a log, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) container: String,
    pub(super) follow: bool,
    pub(super) previous: bool,
    pub(super) timestamps: bool,
    pub(super) since: Option<Timestamp>,
    pub(super) tail: Option<u64>,
    pub(super) limit: Option<u64>,
}

impl Options {
    /// `parameter` gives the first value of a query parameter, empty when it is absent.
    pub(super) fn parse<'a>(
        pod: &str,
        now: Timestamp,
        parameter: impl Fn(&str) -> &'a str,
    ) -> ApiResult<Self> {
        let number = |name: &str| match parameter(name) {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| malformed("strconv.ParseInt", text)),
        };
        let flag = |name: &str| !matches!(parameter(name), "" | "0" | "false");
        let (tail, limit, seconds) = (number("tailLines")?, number("limitBytes")?, number("sinceSeconds")?);
        let time = match parameter("sinceTime") {
            "" => None,
            text => Some(text.parse::<Timestamp>().map_err(|_| malformed("parsing time", text))?),
        };
        let mut causes = Vec::new();
        let mut refuse = |field: &str, value: Option<i64>, fits: fn(i64) -> bool, why: &str| {
            if let Some(value) = value.filter(|value| !fits(*value)) {
                causes.push(Cause::invalid(field, &Value::from(value), why));
            }
        };
        refuse("tailLines", tail, |value| value >= 0, "must be greater than or equal to 0");
        refuse("limitBytes", limit, |value| value > 0, "must be greater than 0");
        if time.is_some() && seconds.is_some() {
            causes.push(Cause::forbidden(
                "[]",
                "at most one of `sinceTime` or `sinceSeconds` may be specified",
            ));
        } else {
            refuse("sinceSeconds", seconds, |value| value > 0, "must be greater than 0");
        }
        if !causes.is_empty() {
            return Err(ApiError::invalid_kind("", "PodLogOptions", pod, causes));
        }
        let ago =
            |seconds: i64| now.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN);
        Ok(Self {
            container: parameter("container").to_owned(),
            follow: flag("follow"),
            previous: flag("previous"),
            timestamps: flag("timestamps"),
            since: time.or(seconds.map(ago)),
            tail: tail.and_then(|lines| lines.try_into().ok()),
            limit: limit.and_then(|bytes| bytes.try_into().ok()),
        })
    }
}

fn malformed(what: &str, text: &str) -> ApiError {
    ApiError::bad_request(format!("{what}: parsing \"{text}\": invalid syntax"))
}
