//! Carries replay jobs out, in small batches, each of which is whole before the next begins.

use std::{collections::HashMap, time::Duration};

use domain::{
    deadletter::{DeadLetter, ReplayFailure, ReplayJob, ReplayRecord, ReplayState},
    live::Change,
};
use futures::{StreamExt, stream};
use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::replay::Sender;
use crate::{Error, Platform, Result};

/// Dead letters of one batch at most.
const BATCH: u32 = 200;
/// Batches a second when a rate is asked for.
const BEATS: u32 = 5;
/// Events on their way at once.
const AT_ONCE: usize = 64;
/// How often unfinished jobs are looked for when nothing wakes.
const LOOK: Duration = Duration::from_secs(5);
/// Wait before the next try when the bus or the store failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Failures that a job remembers.
const REMEMBERED: usize = 20;

/// What keeps jobs and those who change them apart.
#[derive(Default)]
pub(crate) struct Replays {
    alone: Mutex<()>,
    woken: Notify,
}

impl Replays {
    pub(super) async fn lock(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().await
    }

    pub(super) fn wake(&self) {
        self.woken.notify_one();
    }
}

/// What became of one dead letter.
enum Outcome {
    Sent(Box<ReplayRecord>),
    /// It can not be sent, now or later.
    Failed(ReplayFailure),
    /// It was not its fault.
    Waits(i64, Error),
}

impl Platform {
    /// Carries jobs out until `stop`; those that a stop interrupts go on after the next start.
    pub async fn run_replays(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut running: HashMap<String, tokio::task::JoinHandle<()>> = HashMap::new();
        while !stop.is_cancelled() {
            running.retain(|_, task| !task.is_finished());
            match self.store().unfinished_replay_jobs().await {
                Ok(jobs) => {
                    for job in jobs.into_iter().filter(|job| job.state == ReplayState::Running) {
                        running
                            .entry(job.id.clone())
                            .or_insert_with(|| tasks.spawn(self.clone().run_replay(job, stop.clone())));
                    }
                }
                Err(error) => tracing::error!(%error, "replays are not looked for at the moment"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.replays().woken.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn run_replay(self, job: ReplayJob, stop: CancellationToken) {
        let rate = job.asked.rate;
        let size = rate.map_or(BATCH, |rate| (rate / BEATS).clamp(1, BATCH));
        let pace = rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) * size / rate.max(1));
        let mut beat = tokio::time::interval(pace.max(Duration::from_millis(1)));
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            match self.replay_batch(&job, size).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, replay.id = job.id, "a replay waits");
                    stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                }
            }
        }
    }

    /// One batch; whether there is more to do.
    async fn replay_batch(&self, job: &ReplayJob, size: u32) -> Result<bool> {
        let _alone = self.replays().lock().await;
        let tenant = &job.tenant;
        let Some(mut job) = self.store().get_replay_job(tenant, &job.id).await? else { return Ok(false) };
        if job.state != ReplayState::Running {
            return Ok(false);
        }
        let (filter, upto) = (&job.asked.filter, job.asked.upto);
        let letters = if job.has_failed_too_often() {
            Vec::new()
        } else {
            self.store().dead_letters_between(tenant, filter, job.reached, upto, size).await?
        };
        let sender = Sender { id: job.user.clone(), name: job.asked_by.clone(), job: Some(job.id.clone()) };
        let last = letters.last().map(|letter| letter.position);
        let send = |letter: DeadLetter| self.send_one(letter, &sender);
        let outcomes: Vec<Outcome> = stream::iter(letters).map(send).buffered(AT_ONCE).collect().await;
        let mut done = Vec::with_capacity(outcomes.len());
        let mut waits = None;
        for outcome in outcomes {
            match outcome {
                Outcome::Sent(record) => done.push(*record),
                Outcome::Failed(failure) if waits.is_none() => {
                    job.failed += 1;
                    job.failures.insert(0, failure);
                    job.failures.truncate(REMEMBERED);
                }
                // Seen again with those that wait.
                Outcome::Failed(_) => {}
                // What comes after it may be sent already; it is looked for again from here.
                Outcome::Waits(position, error) => {
                    waits.get_or_insert((position, error));
                }
            }
        }
        job.sent += done.len() as u64;
        if let Some(reached) = waits.as_ref().map(|(position, _)| position - 1).or(last) {
            job.reached = reached;
        }
        if waits.is_none() && last.is_none() {
            job.state = if job.has_failed_too_often() { ReplayState::Stopped } else { ReplayState::Done };
            job.ended_at = Some(self.now());
        }
        self.store().finish_replays(tenant, &done, Some(&job)).await?;
        self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        match waits {
            Some((_, error)) => Err(error),
            None => Ok(!job.state.is_final()),
        }
    }

    async fn send_one(&self, letter: DeadLetter, sender: &Sender) -> Outcome {
        let position = letter.position;
        match self.send_again(letter, sender, None).await {
            Ok(record) => Outcome::Sent(Box::new(record)),
            Err(Error::Refused { code, title, .. }) if code != "queue_full" => {
                Outcome::Failed(ReplayFailure { position, reason: title })
            }
            Err(error) => Outcome::Waits(position, error),
        }
    }
}
