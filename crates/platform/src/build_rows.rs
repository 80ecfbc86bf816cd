//! Keeps the rows of builds in step with what functions, events and Pods tell of them.

use domain::{
    BuildId, CorrelationId, FunctionName, TenantName, Timestamp,
    build::{Build, BuildFailure, BuildReport, BuildState, FailureCategory},
    event::{BuildEnded, BuildStarted, CloudEvent, EventType},
    function::{ANNOTATION_CORRELATION, BuildQueuePlace, LambdaFunction, Language, waits_since},
    live::Change,
};
use kube::ResourceExt;
use serde::Deserialize;

use crate::{Platform, Result, summary::updated_at};

impl Platform {
    /// The build that waits for a place; it has no Job and no row yet.
    pub(crate) fn queued_build(&self, function: &LambdaFunction) -> Option<Build> {
        let since = waits_since(function)?.parse().unwrap_or_else(|_| updated_at(function));
        let newest = function.status.as_ref().and_then(|status| status.build_status.as_ref());
        let number = newest.map_or(0, |build| build.number) + 1;
        let id = BuildId::of(&function.name_any().parse().ok()?, &function.uid()?, number);
        Some(Build {
            queue_position: self.queue_position(function),
            ..seed(function, id, number, BuildState::Queued, since)?
        })
    }

    /// The build of that id, while it waits for its place.
    pub(crate) fn find_queued_build(&self, tenant: &TenantName, id: &BuildId) -> Option<Build> {
        let functions = self.cache().functions(tenant);
        let mut own = functions.iter().filter(|function| function.uid().is_some_and(|uid| id.is_of(&uid)));
        own.find_map(|function| self.queued_build(function).filter(|build| build.id == *id))
    }

    /// 1 is next.
    fn queue_position(&self, function: &LambdaFunction) -> Option<u32> {
        let own = BuildQueuePlace::of(function)?;
        let tenant = function.namespace()?.parse().ok()?;
        let functions = self.cache().functions(&tenant);
        let others = functions.iter().filter_map(|function| BuildQueuePlace::of(function));
        u32::try_from(others.filter(|other| *other < own).count() + 1).ok()
    }

    /// A function's status moved: its newest build may have.
    pub(crate) async fn note_function(&self, function: &LambdaFunction) -> Result<()> {
        let (Some(status), Some(tenant)) = (&function.status, function.namespace()) else { return Ok(()) };
        let (Some(newest), Ok(tenant)) = (&status.build_status, tenant.parse::<TenantName>()) else {
            return Ok(());
        };
        let Some(id) = newest.build_id.as_ref().and_then(|id| id.parse::<BuildId>().ok()) else {
            return Ok(());
        };
        let at = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
        let started = at(&newest.started_at);
        let created = started.unwrap_or_else(|| updated_at(function));
        let Some(fresh) = seed(function, id, newest.number, BuildState::Running, created) else {
            return Ok(());
        };
        let report = self.report_at_end(&tenant, &fresh.id, newest.completed_at.is_some()).await?;
        self.update_build(&tenant, fresh, |build| {
            if let Some(report) = report {
                build.report = report;
            }
            build.started_at = started;
            if let Some(hash) = &newest.source_hash {
                build.source_hash.clone_from(hash);
            }
            build.attempt = newest.attempt;
            if let Some(ended) = at(&newest.completed_at) {
                build.finished_at = Some(ended);
                build.state = match newest.error.as_ref().map(|error| error.code.as_str()) {
                    // A stopped build leaves no error; its event tells, which may still be on its way.
                    None if newest.image_source_hash == newest.source_hash => BuildState::Completed,
                    None => BuildState::Stopped,
                    Some("cancelled") => BuildState::Cancelled,
                    Some("timeout") => BuildState::Timeout,
                    Some(_) => BuildState::Failed,
                };
                if let Some(error) = &newest.error {
                    build.report.failure = failure(&error.code, &error.message);
                } else if build.state == BuildState::Completed {
                    build.report.image.clone_from(&newest.image_uri);
                    build.report.digest.clone_from(&newest.digest);
                }
            }
        })
        .await
    }

    /// An event of a build was recorded; the only word on builds that were superseded.
    pub(crate) async fn note_build_event(&self, event: &CloudEvent) -> Result<()> {
        let (Some((tenant, name)), Some(kind), Some(data)) =
            (event.target(), event.event_type(), &event.data)
        else {
            return Ok(());
        };
        let at = event.time.unwrap_or_else(|| self.now());
        let state = match kind {
            EventType::BuildStarted => BuildState::Running,
            EventType::BuildCompleted => BuildState::Completed,
            EventType::BuildFailed => BuildState::Failed,
            EventType::BuildTimeout => BuildState::Timeout,
            EventType::BuildCancelled => BuildState::Cancelled,
            EventType::BuildStopped => BuildState::Stopped,
            _ => return Ok(()),
        };
        let ended = if state.is_final() { BuildEnded::deserialize(data).ok() } else { None };
        let started = BuildStarted::deserialize(data).ok();
        let Some((id, hash, attempt)) =
            ended.as_ref().map(|ended| (&ended.build_id, &ended.source_hash, ended.attempt)).or_else(|| {
                started.as_ref().map(|started| (&started.build_id, &started.source_hash, started.attempt))
            })
        else {
            return Ok(());
        };
        let Ok(id) = id.parse::<BuildId>() else { return Ok(()) };
        let correlation = event.correlation_id().and_then(|text| text.parse().ok());
        let fresh = Build {
            number: number_of(&id),
            function: name.clone(),
            state,
            language: self.language_of(&tenant, &name),
            source_hash: hash.clone(),
            attempt,
            queue_position: None,
            correlation_id: correlation.unwrap_or_else(unknown_correlation),
            created_at: at,
            started_at: match &ended {
                // One that was cancelled while it waited never began.
                Some(ended) => ended.duration_ms.map(|took| at.plus_millis(-took)),
                None => Some(at),
            },
            finished_at: None,
            report: BuildReport { image: None, digest: None, failure: None, steps: Vec::new() },
            id,
        };
        let report = self.report_at_end(&tenant, &fresh.id, ended.is_some()).await?;
        self.update_build(&tenant, fresh, |build| {
            let Some(ended) = ended else { return };
            if let Some(report) = report {
                build.report = report;
            }
            build.state = state;
            build.finished_at = Some(at);
            build.report.image = ended.image;
            if let (Some(category), Some(message)) = (&ended.category, &ended.message) {
                build.report.failure = failure(category, message);
            }
        })
        .await
    }

    /// What the builder reported, when the row of an ended build is about to become final: whoever sees the
    /// end of a build sees its steps as they were, not as its log let one guess so far.
    async fn report_at_end(
        &self,
        tenant: &TenantName,
        id: &BuildId,
        ended: bool,
    ) -> Result<Option<BuildReport>> {
        let known = self.store().get_build(tenant, id).await?;
        if !ended || known.is_some_and(|build| build.state.is_final()) {
            return Ok(None);
        }
        self.conclude_build(tenant, id).await
    }

    /// The builder wrote its report: steps, image, failure.
    pub(crate) async fn note_report(
        &self,
        tenant: &TenantName,
        id: &BuildId,
        report: BuildReport,
    ) -> Result<()> {
        let Some(known) = self.store().get_build(tenant, id).await? else { return Ok(()) };
        self.update_build(tenant, known, |build| build.report = report).await
    }

    /// The builder said where it is: steps so far.
    pub(crate) async fn note_steps(
        &self,
        tenant: &TenantName,
        id: &BuildId,
        steps: Vec<domain::build::Step>,
    ) -> Result<()> {
        let Some(known) = self.store().get_build(tenant, id).await? else { return Ok(()) };
        self.update_build(tenant, known, |build| {
            if !build.state.is_final() {
                build.report.steps = steps;
            }
        })
        .await
    }

    /// Changes the row of `fresh.id`, or makes it from `fresh`; one at a time, so that nobody's part is lost.
    async fn update_build(
        &self,
        tenant: &TenantName,
        fresh: Build,
        change: impl FnOnce(&mut Build),
    ) -> Result<()> {
        let _one_at_a_time = self.build_lock().lock().await;
        let known = self.store().get_build(tenant, &fresh.id).await?;
        let mut build = known.clone().unwrap_or(fresh);
        let ended = build.state.is_final();
        let before = build.state;
        change(&mut build);
        if ended {
            build.state = before;
        }
        if known.as_ref() == Some(&build) {
            return Ok(());
        }
        self.store().upsert_build(tenant, &build).await?;
        self.live().tell(Change::Build { tenant: tenant.clone(), function: build.function, build: build.id });
        Ok(())
    }

    fn language_of(&self, tenant: &TenantName, name: &FunctionName) -> Language {
        let function = self.cache().function(tenant, name);
        function
            .and_then(|f| f.spec.runtime.as_ref().map(|runtime| runtime.language))
            .unwrap_or(Language::Python)
    }
}

fn seed(
    function: &LambdaFunction,
    id: BuildId,
    number: i64,
    state: BuildState,
    at: Timestamp,
) -> Option<Build> {
    // The operator's word: it gives a spec that came by kubectl, without an annotation, an id of its own.
    let status = function.status.as_ref().and_then(|status| status.correlation_id.as_deref());
    let written = function.annotations().get(ANNOTATION_CORRELATION).map(String::as_str);
    let correlation = status.or(written).and_then(|text| text.parse().ok());
    Some(Build {
        id,
        function: function.name_any().parse().ok()?,
        number,
        state,
        language: function.spec.runtime.as_ref()?.language,
        source_hash: String::new(),
        attempt: 1,
        queue_position: None,
        correlation_id: correlation.unwrap_or_else(unknown_correlation),
        created_at: at,
        started_at: None,
        finished_at: None,
        report: BuildReport { image: None, digest: None, failure: None, steps: Vec::new() },
    })
}

fn unknown_correlation() -> CorrelationId {
    "unknown".parse().expect("seven letters are a correlation id")
}

/// `…-b<number>`.
fn number_of(id: &BuildId) -> i64 {
    id.as_str().rsplit_once("-b").and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

/// A failure by its code; none for codes that are no failure.
fn failure(code: &str, message: &str) -> Option<BuildFailure> {
    let category =
        FailureCategory::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(code));
    Some(BuildFailure { category: category.ok()?, message: message.to_owned() })
}
