//! Looks now and then whether the backends answer, so that pages can name the one that does not.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{
    function::LambdaFunction,
    health::{Component, Outage},
    live::Change,
};
use kube::{Api, api::ListParams};
use tokio_util::sync::CancellationToken;

use crate::Platform;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// How soon one is looked for again that did not answer: people wait for it.
const AGAIN: Duration = Duration::from_secs(2);
/// Who takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What did not answer when it was last asked.
#[derive(Default)]
pub(crate) struct Health(Mutex<Vec<Outage>>);

impl Platform {
    /// Looks until `stop`; open pages are told when something changes.
    pub async fn run_health(self, stop: CancellationToken) {
        loop {
            let pause = if self.outages().is_empty() { EVERY } else { AGAIN };
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            self.look().await;
        }
    }

    /// The components that do not answer at present, in the order of [`Component`].
    pub fn outages(&self) -> Vec<Outage> {
        self.health().0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn look(&self) {
        let (broker, database, cluster) = tokio::join!(
            self.problem_of(Component::EventBroker),
            self.problem_of(Component::Database),
            self.problem_of(Component::KubernetesApi),
        );
        let before = self.outages();
        let mut after = Vec::new();
        for (component, problem) in [broker, database, cluster] {
            let known = before.iter().find(|outage| outage.component == component);
            match (problem, known) {
                (Some(_), Some(known)) => after.push(known.clone()),
                (Some(problem), None) => {
                    tracing::error!(?component, problem, "a component does not answer");
                    after.push(Outage { component, since: self.now() });
                }
                (None, Some(known)) => {
                    let seconds = self.now().millis_since(known.since) / 1000;
                    tracing::info!(?component, seconds, "a component answers again");
                }
                (None, None) => {}
            }
        }
        if before != after {
            *self.health().0.lock().unwrap_or_else(PoisonError::into_inner) = after;
            self.live().tell(Change::Resync);
        }
    }

    async fn problem_of(&self, component: Component) -> (Component, Option<String>) {
        let problem = match tokio::time::timeout(PATIENCE, self.ask(component)).await {
            Ok(Ok(())) => None,
            Ok(Err(problem)) => Some(problem),
            Err(_) => Some(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        (component, problem)
    }

    async fn ask(&self, component: Component) -> Result<(), String> {
        match component {
            Component::EventBroker => self.bus().queues().await.map(drop).map_err(|error| error.to_string()),
            Component::Database => self.store().ping().await.map_err(|error| error.to_string()),
            Component::KubernetesApi => {
                let functions = Api::<LambdaFunction>::all(self.kube().clone());
                let one = ListParams::default().limit(1);
                functions.list_metadata(&one).await.map(drop).map_err(|error| error.to_string())
            }
        }
    }
}
