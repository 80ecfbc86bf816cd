//! Logs of builds and functions: read, and followed as they grow.

use std::{collections::VecDeque, pin::pin, time::Duration};

use domain::{
    FunctionName, TenantName,
    identity::{Caller, Permission},
    live::Change,
    log::{LogLine, LogPage, LogQuery, LogState, LogTarget},
};
use futures::{Stream, StreamExt, stream};

use crate::{Error, Platform, Result};

/// Lines per step of a follower.
const AT_ONCE: u32 = 1000;
/// How long the first line of a call may take after its answer, and how long none comes when all are there.
const FIRST_LINE: Duration = Duration::from_millis(800);
const QUIET: Duration = Duration::from_millis(150);

/// What a follower of a log is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUpdate {
    /// The next lines, in order.
    Lines(Vec<LogLine>),
    /// How the log stands now.
    State(LogState),
}

impl Platform {
    /// Some lines of a log.
    pub async fn read_log(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        target: &LogTarget,
        query: &LogQuery,
    ) -> Result<LogPage> {
        self.authorize(caller, tenant, Permission::Read)?;
        self.log_exists(tenant, target).await?;
        Ok(self.store().read_log(tenant, target, query).await?)
    }

    /// The lines of one call that just ended: its last lines come a moment after its answer, and are
    /// waited for.
    pub async fn read_call_log(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        correlation: &str,
    ) -> Result<LogPage> {
        let target = LogTarget::Function(name.clone());
        let mut updates = pin!(self.follow_log(caller, tenant, &target, 0, Some(correlation)).await?);
        let mut wait = FIRST_LINE;
        let lines = async {
            while let Ok(Some(update)) = tokio::time::timeout(wait, updates.next()).await {
                if matches!(update, LogUpdate::Lines(_)) {
                    wait = QUIET;
                }
            }
        };
        // A function that goes on printing does not keep the answer back.
        let _cut_short = tokio::time::timeout(2 * FIRST_LINE, lines).await;
        let query = LogQuery { correlation: Some(correlation.to_owned()), ..LogQuery::default() };
        self.read_log(caller, tenant, &target, &query).await
    }

    /// The lines after number `after` and then those that come, without gap or double; ends with the log.
    /// With `correlation` only the lines of that call.
    pub async fn follow_log(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        target: &LogTarget,
        after: u64,
        correlation: Option<&str>,
    ) -> Result<impl Stream<Item = LogUpdate> + Send + use<>> {
        let correlation = correlation.map(str::to_owned);
        let query = LogQuery { after: Some(after), correlation, ..LogQuery::default() };
        self.follow_lines(caller, tenant, target, query).await
    }

    /// The same for the lines that a query matches.
    pub async fn follow_lines(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        target: &LogTarget,
        query: LogQuery,
    ) -> Result<impl Stream<Item = LogUpdate> + Send + use<>> {
        let endless = "A log that is followed begins with after and has no end: leave this out.";
        for (field, given) in [("before", query.before.is_some()), ("limit", query.limit.is_some())] {
            if given {
                return Err(Error::field(field, endless));
            }
        }
        self.authorize(caller, tenant, Permission::Read)?;
        self.log_exists(tenant, target).await?;
        let (wanted_tenant, wanted) = (tenant.clone(), target.clone());
        // Subscribed before the first read, so that nothing falls between the two.
        let changes = self.live().follow(None).filter(move |(_, change)| {
            let mine = match change {
                Change::Log { tenant, target, .. } => *tenant == wanted_tenant && *target == wanted,
                Change::Resync => true,
                _ => false,
            };
            std::future::ready(mine)
        });
        let follower = Follower {
            platform: self.clone(),
            tenant: tenant.clone(),
            target: target.clone(),
            query: LogQuery { after: query.after.or(Some(0)), limit: Some(AT_ONCE), ..query },
            state: None,
            pending: VecDeque::new(),
            changes: Box::pin(changes),
        };
        Ok(stream::unfold(follower, |mut follower| async move {
            let update = follower.next().await?;
            Some((update, follower))
        }))
    }

    async fn log_exists(&self, tenant: &TenantName, target: &LogTarget) -> Result<()> {
        let found = match target {
            LogTarget::Function(name) => self.cache().function(tenant, name).is_some(),
            LogTarget::Build(id) => {
                self.store().get_build(tenant, id).await?.is_some()
                    || self.find_queued_build(tenant, id).is_some()
            }
        };
        found.then_some(()).ok_or(Error::NotFound("log"))
    }
}

struct Follower<S> {
    platform: Platform,
    tenant: TenantName,
    target: LogTarget,
    /// What comes next.
    query: LogQuery,
    state: Option<LogState>,
    pending: VecDeque<LogUpdate>,
    changes: S,
}

impl<S: Stream<Item = (u64, Change)> + Unpin> Follower<S> {
    async fn next(&mut self) -> Option<LogUpdate> {
        loop {
            if let Some(update) = self.pending.pop_front() {
                return Some(update);
            }
            if matches!(self.state, Some(LogState::Ended | LogState::Expired)) {
                return None;
            }
            let page = match self.platform.store().read_log(&self.tenant, &self.target, &self.query).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "a log could not be followed");
                    return None;
                }
            };
            let more = page.lines.len() >= AT_ONCE as usize;
            // What matched no filter is not looked through again.
            let seen = if more { page.lines.last().map(|line| line.number) } else { Some(page.last) };
            self.query.after = self.query.after.max(seen);
            if !page.lines.is_empty() {
                self.pending.push_back(LogUpdate::Lines(page.lines));
            }
            if !more && self.state != Some(page.state) {
                self.state = Some(page.state);
                self.pending.push_back(LogUpdate::State(page.state));
            }
            if self.pending.is_empty() {
                self.changes.next().await?;
            }
        }
    }
}
