//! Many dead letters at once: groups, plan, replay jobs, discarding.

use domain::{
    TenantName,
    deadletter::{
        DeadLetterFilter, DeadLetterGroup, PlannedFunction, Replay, ReplayJob, ReplayPlan, ReplayState,
    },
    identity::{Caller, Permission},
    live::Change,
};
use uuid::Uuid;

use crate::{Error, Platform, Result};

/// What the badge counts to.
pub(super) const BADGE: u32 = 100;
/// Fastest rate that can be asked for; none at all is faster.
const FASTEST: u32 = 10_000;
/// Dead letters that can be chosen one by one.
const CHOSEN: usize = 200;

impl Platform {
    /// How many dead letters there are, up to a hundred: for a badge.
    pub async fn dead_letter_badge(&self, caller: &Caller, tenant: &TenantName) -> Result<u64> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        Ok(self.store().some_dead_letters(tenant, BADGE).await?)
    }

    /// Dead letters by error, those with the newest first.
    pub async fn group_dead_letters(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<DeadLetterGroup>> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        Ok(self.store().group_dead_letters(tenant, filter).await?)
    }

    /// What a replay of these would send, and where to.
    pub async fn plan_replay(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
    ) -> Result<ReplayPlan> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        check(filter)?;
        let counts = self.store().count_dead_letters(tenant, filter, i64::MAX).await?;
        let functions = counts.iter().map(|count| {
            let function = count.function.as_ref().and_then(|name| self.cache().function(tenant, name));
            let service = function.as_ref().and_then(|f| f.status.as_ref()?.service_status.as_ref());
            PlannedFunction {
                function: count.function.clone(),
                count: count.count,
                revision: service.and_then(|service| service.latest_revision.clone()),
            }
        });
        Ok(ReplayPlan {
            count: counts.iter().map(|count| count.count).sum(),
            oldest: counts.iter().map(|count| count.oldest).min(),
            newest: counts.iter().map(|count| count.newest).max(),
            repeated: counts.iter().map(|count| count.repeated).sum(),
            upto: counts.iter().map(|count| count.upto).max().unwrap_or_default(),
            functions: functions.collect(),
        })
    }

    /// Begins to send dead letters again; the job goes on after a restart.
    pub(crate) async fn start_replay_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        mut asked: Replay,
    ) -> Result<ReplayJob> {
        self.authorize(caller, tenant, Permission::Invoke)?;
        if asked.rate.is_some_and(|rate| rate == 0 || rate > FASTEST) {
            return Err(Error::field("rate", "Write a rate of 1 to 10,000 a second, or none."));
        }
        if asked.stop_after == Some(0) {
            return Err(Error::field("stopAfter", "Write a number from 1, or none."));
        }
        let plan = self.plan_replay(caller, tenant, &asked.filter).await?;
        if plan.count == 0 {
            return Err(Error::refused(
                409,
                "nothing_to_replay",
                "There is no such dead letter any more.",
                "Look at the list again: somebody may have replayed or discarded them.",
            ));
        }
        if asked.upto == 0 {
            asked.upto = plan.upto;
        }
        let job = ReplayJob {
            id: Uuid::now_v7().to_string(),
            tenant: tenant.clone(),
            asked,
            asked_by: caller.user.name.clone(),
            user: caller.user.id.clone(),
            created_at: self.now(),
            state: ReplayState::Running,
            total: plan.count,
            sent: 0,
            failed: 0,
            died_again: 0,
            reached: 0,
            failures: Vec::new(),
            ended_at: None,
        };
        self.store().save_replay_job(&job).await?;
        self.replays().wake();
        Ok(job)
    }

    /// One job.
    pub async fn get_replay(&self, caller: &Caller, tenant: &TenantName, id: &str) -> Result<ReplayJob> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        self.store().get_replay_job(tenant, id).await?.ok_or(Error::NotFound("replay"))
    }

    /// The newest jobs.
    pub async fn list_replays(&self, caller: &Caller, tenant: &TenantName) -> Result<Vec<ReplayJob>> {
        self.authorize_letters(caller, tenant, Permission::Read)?;
        Ok(self.store().list_replay_jobs(tenant).await?)
    }

    /// Pauses, goes on with or aborts a job; what it has not sent stays a dead letter.
    pub(crate) async fn set_replay_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        id: &str,
        state: ReplayState,
    ) -> Result<ReplayJob> {
        self.authorize(caller, tenant, Permission::Invoke)?;
        let _alone = self.replays().lock().await;
        let mut job = self.store().get_replay_job(tenant, id).await?.ok_or(Error::NotFound("replay"))?;
        let allowed = match state {
            ReplayState::Paused => job.state == ReplayState::Running,
            // A job that stopped by itself can be told to go on all the same.
            ReplayState::Running => matches!(job.state, ReplayState::Paused | ReplayState::Stopped),
            ReplayState::Aborted => !job.state.is_final(),
            ReplayState::Stopped | ReplayState::Done => false,
        };
        if !allowed {
            return Err(Error::refused(
                409,
                "replay_state",
                format!("This replay is {}.", job.state.as_str()),
                "Load its page again to see what can be done with it.",
            ));
        }
        if job.state == ReplayState::Stopped {
            // It was stopped by as many failures as were allowed: so many more are.
            job.asked.stop_after = job.asked.stop_after.map(|most| most + job.failed + job.died_again);
        }
        job.state = state;
        job.ended_at = state.is_final().then(|| self.now());
        self.store().save_replay_job(&job).await?;
        self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        self.replays().wake();
        Ok(job)
    }

    /// Throws dead letters away: those of the filter up to a position, when they are still as many as was said.
    pub(crate) async fn discard_dead_letters_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
        count: u64,
    ) -> Result<u64> {
        self.authorize_letters(caller, tenant, Permission::Write)?;
        check(filter)?;
        let _alone = self.replays().lock().await;
        let counts = self.store().count_dead_letters(tenant, filter, upto).await?;
        let counted: u64 = counts.iter().map(|count| count.count).sum();
        if counted != count {
            return Err(Error::field("count", format!("There are {counted} of them: type that number.")));
        }
        let gone = self.store().delete_dead_letters(tenant, filter, upto).await?;
        tracing::info!(tenant.name = %tenant, user.id = caller.user.id, count = gone, "dead letters were discarded");
        self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        Ok(gone)
    }
}

fn check(filter: &DeadLetterFilter) -> Result<()> {
    if filter.positions.len() > CHOSEN {
        return Err(Error::field(
            "positions",
            "Choose at most 200 one by one, or all that match the filter.",
        ));
    }
    Ok(())
}
