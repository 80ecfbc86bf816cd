//! Logs of Pods into the store: builds and functions, resumed after a restart without gap or double.

mod again;
mod line;
mod source;
mod steps;

use std::{collections::HashMap, time::Duration};

use domain::{
    function::LABEL_BUILD,
    live::Change,
    log::{Level, LogTarget, Stream},
};
use futures::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, StreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::LogParams,
    runtime::watcher::{self, Event},
};
use store::{Checkpoint, LogLimits, NewLine};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    again::Again,
    line::{Position, parse},
    source::{LABEL_SERVICE, Source},
    steps::Steps,
};
use crate::{
    Error, Platform, Result,
    build_pods::{has_ended, has_started, report, was_disrupted},
    cache::watch_all,
};

/// Lines per commit.
const AT_ONCE: usize = 500;
/// How long a commit waits for more lines.
const PATIENCE: Duration = Duration::from_millis(30);
/// Wait before a broken stream is opened again.
const PAUSE: Duration = Duration::from_millis(500);
/// Looks at a Pod that is over but whose log can not be read, before its log ends without the rest.
const LOOKS: u32 = 20;
/// Longest piece of a line; longer ones are continued on the next.
const LONGEST: u64 = 256 * 1024;

impl Platform {
    /// Follows the logs of all Pods of builds and functions until `stop`.
    pub async fn run_collector(self, stop: CancellationToken) {
        let builds = watch_all::<Pod>(&self, watcher::Config::default().labels(LABEL_BUILD));
        let services = watch_all::<Pod>(&self, watcher::Config::default().labels(LABEL_SERVICE));
        let mut events = std::pin::pin!(stream::select(builds, services));
        let tasks = TaskTracker::new();
        let mut running: HashMap<String, tokio::task::JoinHandle<()>> = HashMap::new();
        while let Some(Some(event)) = stop.run_until_cancelled(events.next()).await {
            let (pod, gone) = match event {
                Event::Apply(pod) | Event::InitApply(pod) => (pod, false),
                Event::Delete(pod) => (pod, true),
                Event::Init | Event::InitDone => continue,
            };
            let Some(source) = Source::of(&pod) else { continue };
            if running.contains_key(&source.uid) {
                // Whoever follows it sees its end, too.
                continue;
            }
            if let LogTarget::Build(id) = &source.target {
                // A Pod that never ran leaves a log that waits; one that is over must not open its log again.
                let (started, ended) = (has_started(&pod), gone || has_ended(&pod));
                let told = match (started && !gone, ended) {
                    (false, true) => self.end_kept_log(&source.tenant, id).await,
                    (true, true) => Ok(()),
                    (_, false) => self.open_log(&source).await,
                };
                if let Err(error) = told {
                    tracing::warn!(%error, "the state of a build log could not be stored");
                }
            }
            if has_started(&pod) && !gone {
                running.retain(|_, task| !task.is_finished());
                let task = tasks.spawn(self.clone().follow_pod(source.clone(), stop.clone()));
                running.insert(source.uid, task);
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn open_log(&self, source: &Source) -> Result<()> {
        Ok(self.store().open_log(&source.tenant, &source.target, self.now()).await?)
    }

    async fn follow_pod(self, source: Source, stop: CancellationToken) {
        let pods: Api<Pod> = Api::namespaced(self.kube().clone(), source.tenant.as_str());
        let mut looks = 0;
        loop {
            let whole = match stop.run_until_cancelled(self.follow_once(&pods, &source)).await {
                None => return,
                Some(Ok(())) => true,
                Some(Err(error)) => {
                    tracing::warn!(%error, pod.name = source.pod, "a log broke off and is read on");
                    false
                }
            };
            // An API that is away says nothing about the Pod: looked at again after the pause.
            if let Ok(pod) = pods.get_opt(&source.pod).await {
                let pod = pod.filter(|pod| pod.uid().as_deref() == Some(&source.uid));
                let ended = pod.as_ref().is_none_or(has_ended);
                looks += u32::from(ended);
                // Of a Pod that is gone there is nothing left to be read.
                if ended && (whole || pod.is_none() || looks >= LOOKS) {
                    let end = stop.run_until_cancelled(self.finish(&source, pod.as_ref()));
                    if let Some(Err(error)) = end.await {
                        tracing::error!(%error, pod.name = source.pod, "the end of a log could not be stored");
                    }
                    return;
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    }

    /// From the checkpoint to the end of the stream.
    async fn follow_once(&self, pods: &Api<Pod>, source: &Source) -> Result<()> {
        let stored = self.store().log_checkpoint(&source.tenant, &source.target, &source.uid).await?;
        let mut position = stored.as_deref().and_then(Position::read);
        let params = LogParams {
            container: Some(source.container.clone()),
            follow: true,
            timestamps: true,
            since_time: position.as_ref().and_then(Position::since),
            ..LogParams::default()
        };
        let mut skip = position.clone();
        let mut reader = pods.log_stream(&source.pod, &params).await.map_err(Error::from)?;
        let mut batch: Vec<NewLine> = Vec::new();
        let mut steps = Steps::default();
        let mut deadline = None;
        // The stamp of a line that is longer than a piece.
        let mut begun: Option<String> = None;
        loop {
            let mut piece = Vec::new();
            let read = read_piece(&mut reader, &mut piece);
            let read = match deadline {
                Some(at) => tokio::time::timeout_at(at, read).await,
                None => Ok(read.await),
            };
            match read {
                // Cancelling the read in the middle of a line must not lose its beginning.
                Err(_) => {
                    self.append(source, &mut batch, position.as_ref()).await?;
                    deadline = None;
                    if piece.is_empty() {
                        continue;
                    }
                    read_piece(&mut reader, &mut piece).await.map_err(Error::internal)?;
                }
                Ok(Err(error)) => {
                    self.append(source, &mut batch, position.as_ref()).await?;
                    return Err(Error::internal(error));
                }
                Ok(Ok(0)) if piece.is_empty() => {
                    self.append(source, &mut batch, position.as_ref()).await?;
                    return Ok(());
                }
                Ok(Ok(_)) => {}
            }
            let whole = piece.pop_if(|byte| *byte == b'\n').is_some();
            piece.pop_if(|byte| *byte == b'\r' && whole);
            let parsed = parse(&piece, begun.as_deref(), self.now());
            begun = (!whole).then(|| parsed.stamp.clone());
            if let Some(seen) = &mut skip {
                if seen.covers(&parsed.stamp) {
                    continue;
                }
                skip = None;
            }
            position = Some(Position::after(position.take(), &parsed.stamp));
            let mut line = parsed.line;
            line.group = line.group.or_else(|| source.group.clone());
            if let LogTarget::Build(id) = &source.target
                && steps.see(&line)
            {
                let mut again = Again::default();
                while let Err(error) = self.note_steps(&source.tenant, id, steps.so_far()).await {
                    again.after(error, &source.pod).await?;
                }
            }
            batch.push(line);
            if batch.len() >= AT_ONCE {
                self.append(source, &mut batch, position.as_ref()).await?;
                deadline = None;
            } else if deadline.is_none() {
                deadline = Some(tokio::time::Instant::now() + PATIENCE);
            }
        }
    }

    async fn append(
        &self,
        source: &Source,
        batch: &mut Vec<NewLine>,
        position: Option<&Position>,
    ) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let checkpoint = position
            .map(|position| Checkpoint { source: source.uid.clone(), position: position.to_string() });
        let mut again = Again::default();
        while let Err(error) = self.append_now(source, batch, checkpoint.as_ref()).await {
            again.after(error, &source.pod).await?;
        }
        batch.clear();
        Ok(())
    }

    async fn append_now(
        &self,
        source: &Source,
        lines: &[NewLine],
        checkpoint: Option<&Checkpoint>,
    ) -> Result<()> {
        if !self.has_owner(source) {
            return Ok(());
        }
        let (tenant, target) = (&source.tenant, &source.target);
        let last = self.store().append_log(tenant, target, lines, checkpoint, LogLimits::default()).await?;
        if !self.has_owner(source) {
            // It was deleted meanwhile, perhaps with its log before this was added.
            return Ok(self.store().delete_log(tenant, target).await?);
        }
        self.tell_log(source, last);
        Ok(())
    }

    /// Whether there is somebody whose log this is: what a deleted function prints while it ends would bring back
    /// the log that went with it.
    fn has_owner(&self, source: &Source) -> bool {
        let LogTarget::Function(function) = &source.target else { return true };
        let found = self.cache().function(&source.tenant, function);
        found.is_some_and(|function| source.is_of(&function))
    }

    /// The container is gone: a build's report is read, and its log ends.
    async fn finish(&self, source: &Source, pod: Option<&Pod>) -> Result<()> {
        let mut again = Again::default();
        while let Err(error) = self.finish_now(source, pod).await {
            again.after(error, &source.pod).await?;
        }
        Ok(())
    }

    async fn finish_now(&self, source: &Source, pod: Option<&Pod>) -> Result<()> {
        let LogTarget::Build(id) = &source.target else { return Ok(()) };
        if let Some(report) = pod.and_then(report) {
            self.note_report(&source.tenant, id, report).await?;
        }
        let goes_on = pod.is_some_and(was_disrupted)
            && self.store().get_build(&source.tenant, id).await?.is_none_or(|build| !build.state.is_final());
        if !goes_on {
            return self.end_build_log(&source.tenant, id).await;
        }
        let line = NewLine {
            at: self.now(),
            stream: Stream::Platform,
            level: Level::Warn,
            text: "The platform was restarted: the build begins anew.".to_owned(),
            group: None,
            correlation: None,
        };
        self.append(source, &mut vec![line], None).await
    }

    fn tell_log(&self, source: &Source, last: u64) {
        self.live().tell(Change::Log { tenant: source.tenant.clone(), target: source.target.clone(), last });
    }
}

/// One line with its end, or a piece of [`LONGEST`] bytes of a longer one. Appends, so that a read
/// that was interrupted goes on where it was.
async fn read_piece(reader: &mut (impl AsyncBufRead + Unpin), piece: &mut Vec<u8>) -> std::io::Result<usize> {
    let room = LONGEST.saturating_sub(piece.len() as u64);
    reader.take(room).read_until(b'\n', piece).await
}
