//! What is kept for how long: old events, figures of calls, logs of builds and ended sessions are deleted.

use std::time::Duration;

use domain::Timestamp;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{Platform, Result};

/// How often it is looked for what is too old.
const EVERY: Duration = Duration::from_hours(1);

/// How long rows are kept; without a time they are kept for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events of the timeline.
    pub events: Option<Duration>,
    /// Figures of calls.
    pub calls: Option<Duration>,
    /// Logs of builds, from their last line.
    pub build_logs: Option<Duration>,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pruned {
    events: u64,
    calls: u64,
    build_logs: u64,
    sessions: u64,
}

impl Platform {
    /// Deletes what is too old, at the start and then every hour, until `stop`.
    pub async fn run_retention(self, retention: Retention, stop: CancellationToken) {
        loop {
            match stop.run_until_cancelled(retention.prune(self.store(), self.now())).await {
                None => return,
                Some(Err(error)) => {
                    tracing::warn!(%error, "old rows were not deleted; trying again in an hour")
                }
                Some(Ok(pruned)) => pruned.tell(),
            }
            if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
                return;
            }
        }
    }
}

impl Retention {
    async fn prune(&self, store: &dyn Store, now: Timestamp) -> Result<Pruned> {
        let before = |age: Duration| now.plus_millis(-i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let mut pruned = Pruned::default();
        if let Some(age) = self.events {
            pruned.events = all(|| store.prune_events(before(age))).await?;
        }
        if let Some(age) = self.calls {
            pruned.calls = all(|| store.prune_invocations(before(age))).await?;
        }
        if let Some(age) = self.build_logs {
            pruned.build_logs = all(|| store.expire_build_logs(before(age))).await?;
        }
        pruned.sessions = store.prune_sessions(now).await?;
        Ok(pruned)
    }
}

/// The store deletes some at a time, so that others can write in between.
async fn all<F>(mut some: impl FnMut() -> F) -> Result<u64>
where
    F: Future<Output = store::Result<u64>>,
{
    let mut total = 0;
    loop {
        let deleted = some().await?;
        if deleted == 0 {
            return Ok(total);
        }
        total += deleted;
    }
}

impl Pruned {
    fn tell(self) {
        let kinds = [
            ("events", self.events),
            ("calls", self.calls),
            ("build_logs", self.build_logs),
            ("sessions", self.sessions),
        ];
        for (kind, deleted) in kinds {
            metrics::counter!("knative_lambda_retention_deleted_total", "kind" => kind).increment(deleted);
        }
        if self != Self::default() {
            tracing::info!(
                events = self.events,
                calls = self.calls,
                build_logs = self.build_logs,
                sessions = self.sessions,
                "old rows were deleted"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::TenantName;
    use domain::invocation::Invocation;
    use domain::log::{Level, LogQuery, LogState, LogTarget, Stream};
    use store::{LogLimits, NewLine};

    use super::*;

    const DAY: i64 = 86_400_000;

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY)
    }

    fn acme() -> TenantName {
        "acme".parse().unwrap()
    }

    async fn write_log(store: &dyn Store, number: u32, at: Timestamp) -> LogTarget {
        let target = LogTarget::Build(format!("f-b{number}").parse().unwrap());
        let line = NewLine {
            at,
            stream: Stream::Stdout,
            level: Level::Info,
            text: "done".to_owned(),
            group: None,
            correlation: None,
        };
        store.append_log(&acme(), &target, &[line], None, LogLimits::default()).await.unwrap();
        store.end_log(&acme(), &target, at).await.unwrap();
        target
    }

    fn call(at: Timestamp) -> Invocation {
        Invocation {
            id: format!("i{}", at.as_millis()),
            tenant: acme(),
            function: "f".parse().unwrap(),
            trigger: "http".to_owned(),
            revision: None,
            pod: None,
            at,
            method: "POST".to_owned(),
            status: 200,
            queue_ms: 0.0,
            run_ms: 1.0,
            cold_start: None,
            correlation_id: "c-1".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_is_too_old_goes_in_as_many_steps_as_it_takes_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            store::open(&format!("sqlite:{}", folder.path().join("rows.db").display())).await.unwrap();
        // More than the store deletes at a time.
        let mut old = Vec::new();
        for number in 0..101 {
            old.push(write_log(&*store, number, on_day(1)).await);
        }
        let young = write_log(&*store, 200, on_day(9)).await;
        store.append_invocations(&[call(on_day(1)), call(on_day(9))]).await.unwrap();

        let kept = Retention::default().prune(&*store, on_day(10)).await.unwrap();
        assert_eq!(kept, Pruned::default(), "without a time everything is kept");
        let week = Some(Duration::from_hours(7 * 24));
        let retention = Retention { events: week, calls: week, build_logs: week };
        let pruned = retention.prune(&*store, on_day(10)).await.unwrap();
        assert_eq!(pruned, Pruned { calls: 1, build_logs: 101, ..Pruned::default() });
        let state = async |target: &LogTarget| {
            store.read_log(&acme(), target, &LogQuery::default()).await.unwrap().state
        };
        assert_eq!(state(&old[100]).await, LogState::Expired);
        assert_eq!(state(&young).await, LogState::Ended);
        assert_eq!(retention.prune(&*store, on_day(10)).await.unwrap(), Pruned::default());
    }
}
