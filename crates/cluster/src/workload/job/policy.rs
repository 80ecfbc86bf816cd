//! `spec.podFailurePolicy`: which failed Pods end the Job, and which do not count.

use k8s_openapi::api::batch::v1::{Job, PodFailurePolicyOnExitCodesRequirement};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};

/// What the policy says about a failed Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The Job fails, with this message.
    FailJob(String),
    /// The Pod does not count.
    Ignore,
    /// It counts towards the back-off limit.
    Count,
}

/// The first rule that matches decides.
pub(super) fn judge(job: &Job, pod: &Pod) -> Verdict {
    let rules =
        job.spec.as_ref().and_then(|spec| spec.pod_failure_policy.as_ref()).map(|policy| &policy.rules);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        let name = format!(
            "{}/{}",
            pod.metadata.namespace.as_deref().unwrap_or_default(),
            pod.metadata.name.as_deref().unwrap_or_default()
        );
        let matched = rule.on_exit_codes.as_ref().and_then(|codes| by_code(codes, pod)).map(|(container, code)| {
            format!("Container {container} for pod {name} failed with exit code {code} matching {} rule at index {index}", rule.action)
        });
        let matched = matched.or_else(|| {
            let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_ref());
            let wanted = rule.on_pod_conditions.iter().flatten().find(|wanted| {
                let status = wanted.status.as_deref().unwrap_or("True");
                conditions
                    .iter()
                    .copied()
                    .flatten()
                    .any(|one| one.type_ == wanted.type_ && one.status == status)
            })?;
            Some(format!(
                "Pod {name} has condition {} matching {} rule at index {index}",
                wanted.type_, rule.action
            ))
        });
        let Some(message) = matched else { continue };
        return match rule.action.as_str() {
            "FailJob" => Verdict::FailJob(message),
            "Ignore" => Verdict::Ignore,
            _ => Verdict::Count,
        };
    }
    Verdict::Count
}

fn by_code<'a>(wanted: &PodFailurePolicyOnExitCodesRequirement, pod: &'a Pod) -> Option<(&'a str, i32)> {
    let status = pod.status.as_ref()?;
    let all =
        status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten());
    all.filter(|one| wanted.container_name.as_ref().is_none_or(|name| *name == one.name)).find_map(|one| {
        let ended: &ContainerStateTerminated = one.state.as_ref()?.terminated.as_ref()?;
        let listed = wanted.values.contains(&ended.exit_code);
        let matches = ended.exit_code != 0 && (wanted.operator == "In") == listed;
        matches.then_some((one.name.as_str(), ended.exit_code))
    })
}
