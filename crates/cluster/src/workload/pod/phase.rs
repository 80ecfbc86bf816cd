//! The phase and the conditions of a Pod, from its containers. Pure.

use serde_json::{Value, json};

use super::state::{Container, Part, State};

/// `status.phase`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// `spec.restartPolicy`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RestartPolicy {
    Always,
    OnFailure,
    Never,
}

impl RestartPolicy {
    pub(super) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("Never") => Self::Never,
            Some("OnFailure") => Self::OnFailure,
            _ => Self::Always,
        }
    }
}

/// Where the Pod is. `stopping`: nothing will be started any more.
pub(super) fn phase(containers: &[Container], policy: RestartPolicy, stopping: bool) -> Phase {
    let part = |wanted: Part| containers.iter().filter(move |container| container.part == wanted);
    let failed_init = part(Part::Init).any(|init| init.ended().is_some_and(|ended| ended.code != 0));
    if failed_init && (policy == RestartPolicy::Never || stopping) {
        return Phase::Failed;
    }
    if !stopping && !is_initialized(containers) && !part(Part::Main).any(|main| main.id_known()) {
        return Phase::Pending;
    }
    let (mut running, mut never, mut stopped, mut succeeded) = (0, 0, 0, 0);
    for main in part(Part::Main) {
        match &main.state {
            State::Running { .. } => running += 1,
            State::Ended(ended) => {
                stopped += 1;
                succeeded += i32::from(ended.code == 0);
            }
            State::Waiting { .. } if main.last.is_some() => stopped += 1,
            State::Waiting { .. } => never += 1,
        }
    }
    if stopping && running == 0 {
        return if never == 0 && stopped == succeeded { Phase::Succeeded } else { Phase::Failed };
    }
    if never > 0 {
        return Phase::Pending;
    }
    if running > 0 || policy == RestartPolicy::Always {
        return Phase::Running;
    }
    match (stopped == succeeded, policy) {
        (true, _) => Phase::Succeeded,
        (false, RestartPolicy::Never) => Phase::Failed,
        (false, _) => Phase::Running,
    }
}

/// Whether the main containers may start.
pub(super) fn is_initialized(containers: &[Container]) -> bool {
    containers.iter().all(|container| match container.part {
        Part::Init => container.has_succeeded(),
        Part::Sidecar => container.started && !matches!(container.state, State::Waiting { .. }),
        Part::Main => true,
    })
}

impl Container {
    /// It has been started at least once.
    fn id_known(&self) -> bool {
        self.last.is_some() || !matches!(self.state, State::Waiting { .. })
    }
}

/// What the conditions depend on beside the containers.
pub(super) struct Circumstances<'a> {
    pub(super) phase: Phase,
    /// Volumes and port are there.
    pub(super) prepared: bool,
    /// Whether the init containers have been done with before.
    pub(super) initialized: bool,
    pub(super) generation: i64,
    pub(super) now: &'a str,
    /// The conditions of the status before, for their times.
    pub(super) old: &'a [Value],
}

/// The conditions in the order of a real node.
pub(super) fn conditions(containers: &[Container], at: &Circumstances<'_>) -> Vec<Value> {
    let (mut unready, mut incomplete) = (Vec::new(), Vec::new());
    for container in containers {
        let (waits, ready) = match container.part {
            Part::Init => (!container.has_succeeded(), true),
            Part::Sidecar => (!container.started, container.is_running() && container.ready),
            Part::Main => (false, container.is_running() && container.ready),
        };
        if waits {
            incomplete.push(container.name());
        }
        if !ready {
            unready.push(container.name());
        }
    }
    let succeeded = at.phase == Phase::Succeeded;
    let initialized = match (succeeded, at.initialized || incomplete.is_empty()) {
        (true, _) => ("True", "PodCompleted", String::new()),
        (false, true) => ("True", "", String::new()),
        (false, false) => {
            let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
            ("False", "ContainersNotInitialized", message)
        }
    };
    let ready = match at.phase {
        Phase::Succeeded => ("False", "PodCompleted", String::new()),
        Phase::Failed => ("False", "PodFailed", String::new()),
        _ if unready.is_empty() => ("True", "", String::new()),
        _ => {
            let message = format!("containers with unready status: [{}]", unready.join(" "));
            ("False", "ContainersNotReady", message)
        }
    };
    let up = if at.prepared && !at.phase.is_terminal() { "True" } else { "False" };
    let all = [
        ("PodReadyToStartContainers", (up, "", String::new())),
        ("Initialized", initialized),
        ("Ready", ready.clone()),
        ("ContainersReady", ready),
        ("PodScheduled", ("True", "", String::new())),
    ];
    let mut list: Vec<Value> = all.into_iter().map(|(kind, what)| condition(kind, what, at)).collect();
    let own = |one: &&Value| list.iter().all(|mine| mine["type"] != one["type"]);
    let others: Vec<Value> = at.old.iter().filter(own).cloned().collect();
    list.extend(others);
    list
}

fn condition(kind: &str, (status, reason, message): (&str, &str, String), at: &Circumstances<'_>) -> Value {
    let before = at.old.iter().find(|old| old["type"] == kind && old["status"] == status);
    let since = before.and_then(|old| old["lastTransitionTime"].as_str()).unwrap_or(at.now);
    let mut condition = json!({
        "type": kind,
        "observedGeneration": at.generation,
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": since,
    });
    if !reason.is_empty() {
        condition["reason"] = reason.into();
    }
    if !message.is_empty() {
        condition["message"] = message.into();
    }
    condition
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Container as Spec;

    use super::super::state::Ended;
    use super::*;

    fn container(name: &str, part: Part, state: State) -> Container {
        let spec = Spec { name: name.into(), ..Spec::default() };
        Container { state, ..Container::new(spec, part, false) }
    }

    fn waiting() -> State {
        State::Waiting { reason: "ContainerCreating", message: String::new() }
    }

    fn running() -> State {
        State::Running { since: jiff::Timestamp::UNIX_EPOCH }
    }

    fn ended(code: i32) -> State {
        State::Ended(Ended {
            code,
            reason: String::new(),
            message: String::new(),
            times: None,
            id: String::new(),
        })
    }

    fn of(states: &[State], policy: RestartPolicy) -> Phase {
        let containers: Vec<_> =
            states.iter().map(|state| container("c", Part::Main, state.clone())).collect();
        phase(&containers, policy, false)
    }

    #[test]
    fn the_phase_follows_the_main_containers_and_the_restart_policy() {
        use RestartPolicy::{Always, Never, OnFailure};
        assert_eq!(of(&[waiting()], Never), Phase::Pending);
        assert_eq!(of(&[running()], Never), Phase::Running);
        assert_eq!(of(&[ended(0)], Never), Phase::Succeeded);
        assert_eq!(of(&[ended(3)], Never), Phase::Failed);
        assert_eq!(of(&[ended(3)], OnFailure), Phase::Running);
        assert_eq!(of(&[ended(0)], Always), Phase::Running);
        assert_eq!(of(&[ended(0), running()], Never), Phase::Running);
        assert_eq!(of(&[ended(0), ended(5)], Never), Phase::Failed);
    }

    #[test]
    fn a_failed_init_container_fails_a_pod_that_is_never_restarted() {
        let init = container("init", Part::Init, ended(4));
        let containers = [init, container("main", Part::Main, waiting())];
        assert_eq!(phase(&containers, RestartPolicy::Never, false), Phase::Failed);
        assert_eq!(phase(&containers, RestartPolicy::OnFailure, false), Phase::Pending);
    }

    #[test]
    fn unready_containers_are_named_in_the_conditions() {
        let containers = [
            container("init", Part::Init, waiting()),
            container("side", Part::Sidecar, waiting()),
            container("main", Part::Main, waiting()),
        ];
        let at = Circumstances {
            phase: Phase::Pending,
            prepared: true,
            initialized: false,
            generation: 1,
            now: "2026-01-01T00:00:00Z",
            old: &[],
        };
        let list = conditions(&containers, &at);
        assert_eq!(list[1]["message"], "containers with incomplete status: [init side]");
        assert_eq!(list[2]["message"], "containers with unready status: [side main]");
        assert_eq!(list[4]["type"], "PodScheduled");
    }
}
