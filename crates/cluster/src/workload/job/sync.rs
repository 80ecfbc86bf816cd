//! Carries a plan out.

use std::time::Duration;

use k8s_openapi::api::batch::v1::{Job, JobStatus};
use k8s_openapi::api::core::v1::Pod;

use super::Controller;
use super::plan::{Plan, has, is_finished, plan};
use super::pod::pod;
use crate::api::status::ApiError;
use crate::api::{DeleteOptions, Propagation};
use crate::registry::Key;
use crate::registry::object::Object;
use crate::workload::event::Subject;

const COMPONENT: &str = "job-controller";
/// When a step was refused.
const AGAIN: Duration = Duration::from_secs(5);

impl Controller {
    /// Brings one Job forward; says when to look at it again although nothing changes.
    pub(super) async fn sync(&self, key: &Key) -> Option<Duration> {
        let stored = self.handle.get(&self.jobs, &key.namespace, &key.name)?;
        let job: Job = match serde_json::from_value(stored.object().value().clone()) {
            Ok(job) => job,
            Err(error) => {
                tracing::error!(%error, job.name = key.name, "a Job cannot be read");
                return None;
            }
        };
        let pods = self.pods_of(stored.object());
        let plan = plan(&job, &pods, self.handle.now());
        let again = plan.again;
        match self.carry_out(key, stored.object(), &job, plan).await {
            Ok(()) => again,
            Err(error) if error.reason() == "NotFound" => None,
            Err(error) => {
                tracing::warn!(%error, job.namespace = key.namespace, job.name = key.name, "a Job cannot be brought forward");
                Some(AGAIN)
            }
        }
    }

    fn pods_of(&self, job: &Object) -> Vec<Pod> {
        let all = self.handle.list(&self.pods, Some(job.namespace()));
        let own = all.iter().filter(|pod| {
            let owners = pod.object().owner_references();
            owners.iter().any(|owner| owner.controller == Some(true) && owner.uid == job.uid())
        });
        own.filter_map(|pod| serde_json::from_value(pod.object().value().clone()).ok()).collect()
    }

    async fn carry_out(&self, key: &Key, object: &Object, job: &Job, plan: Plan) -> Result<(), ApiError> {
        let subject = Subject::object(object, COMPONENT);
        for name in &plan.delete {
            // Before it goes, or it would be counted.
            let uncounted = plan.let_go.contains(name);
            let pod = Key::new(&key.namespace, name);
            if uncounted {
                self.let_go(&pod).await;
            }
            let options = DeleteOptions::propagate(Propagation::Background);
            self.handle.delete(&self.pods, &key.namespace, name, &options).await?;
            self.events.normal(&subject, "SuccessfulDelete", format!("Deleted pod: {name}"));
        }
        for index in &plan.create {
            match self.handle.create(pod(job, *index)).await {
                Ok(made) => {
                    let text = format!("Created pod: {}", made.object().name());
                    self.events.normal(&subject, "SuccessfulCreate", text);
                }
                Err(error) => {
                    self.events.warning(&subject, "FailedCreate", format!("Error creating: {error}"));
                    return Err(error);
                }
            }
        }
        let before = job.status.clone().unwrap_or_default();
        if plan.status != before {
            self.write(key, &plan.status).await?;
            self.tell(&subject, &before, &plan.status);
        }
        for name in plan.let_go.iter().filter(|name| !plan.delete.contains(name)) {
            self.let_go(&Key::new(&key.namespace, name)).await;
        }
        if plan.remove {
            let options = DeleteOptions::propagate(Propagation::Foreground);
            self.handle.delete(&self.jobs, &key.namespace, &key.name, &options).await?;
        }
        Ok(())
    }

    async fn write(&self, key: &Key, status: &JobStatus) -> Result<(), ApiError> {
        let value = serde_json::to_value(status).unwrap_or_default();
        let handle = self.handle.soon();
        let written = handle.update_status(&self.jobs, &key.namespace, &key.name, |job| {
            job.set("status", value.clone());
            Ok(())
        });
        written.await.map(drop)
    }

    fn tell(&self, subject: &Subject, before: &JobStatus, now: &JobStatus) {
        let condition = |kind: &str| now.conditions.iter().flatten().find(|one| one.type_ == kind);
        if has(now, "Complete") && !has(before, "Complete") {
            self.events.normal(subject, "Completed", "Job completed");
        }
        if let Some(failed) = condition("Failed").filter(|_| is_finished(now) && !is_finished(before)) {
            let reason = match failed.reason.as_deref() {
                Some("DeadlineExceeded") => "DeadlineExceeded",
                Some("PodFailurePolicy") => "PodFailurePolicy",
                _ => "BackoffLimitExceeded",
            };
            self.events.warning(subject, reason, failed.message.clone().unwrap_or_default());
        }
        match (has(before, "Suspended"), has(now, "Suspended")) {
            (false, true) => self.events.normal(subject, "Suspended", "Job suspended"),
            (true, false) => self.events.normal(subject, "Resumed", "Job resumed"),
            _ => {}
        }
    }
}
