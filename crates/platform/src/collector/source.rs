//! A container whose log is followed, and whose it is.

use domain::{
    TenantName,
    function::{LABEL_BUILD, LambdaFunction},
    log::LogTarget,
};
use k8s_openapi::{api::core::v1::Pod, jiff};
use kube::ResourceExt;

/// Label with the Knative Service on its Pods.
pub(super) const LABEL_SERVICE: &str = "serving.knative.dev/service";
/// Label with the Revision on its Pods.
const LABEL_REVISION: &str = "serving.knative.dev/revision";

/// One container whose log is followed.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) tenant: TenantName,
    pub(super) target: LogTarget,
    pub(super) pod: String,
    pub(super) uid: String,
    pub(super) container: String,
    /// When the Pod was made.
    born: Option<jiff::Timestamp>,
    /// What the lines are grouped by when they do not say: the Revision.
    pub(super) group: Option<String>,
}

impl Source {
    /// None for a Pod that is neither of a build nor of a function.
    pub(super) fn of(pod: &Pod) -> Option<Self> {
        let label = |name: &str| pod.labels().get(name).cloned();
        let target = match (label(LABEL_BUILD), label(LABEL_SERVICE)) {
            (Some(build), _) => LogTarget::Build(build.parse().ok()?),
            (None, Some(service)) => LogTarget::Function(service.parse().ok()?),
            (None, None) => return None,
        };
        Some(Self {
            tenant: pod.namespace()?.parse().ok()?,
            target,
            pod: pod.name_any(),
            uid: pod.uid()?,
            container: pod.spec.as_ref()?.containers.first()?.name.clone(),
            born: pod.creation_timestamp().map(|made| made.0),
            group: label(LABEL_REVISION),
        })
    }

    /// Whether this function, of that name, is the one whose Pod it is: it is not being deleted, and no younger
    /// than the Pod.
    pub(super) fn is_of(&self, function: &LambdaFunction) -> bool {
        let made = function.creation_timestamp().map(|made| made.0);
        function.metadata.deletion_timestamp.is_none() && made <= self.born
    }
}

#[cfg(test)]
mod tests {
    use domain::function::{FunctionSpec, Language};
    use serde_json::json;

    use super::*;

    fn function(created: &str, deleted: Option<&str>) -> LambdaFunction {
        let mut function = LambdaFunction::new("f", FunctionSpec::inline(Language::Python, "code", None));
        let time = |text: &str| serde_json::from_value(json!(text)).unwrap();
        function.metadata.creation_timestamp = Some(time(created));
        function.metadata.deletion_timestamp = deleted.map(time);
        function
    }

    #[test]
    fn what_a_deleted_function_printed_while_it_ended_became_the_log_of_the_next_one() {
        let pod = json!({
            "metadata": {
                "name": "p", "namespace": "acme", "uid": "u", "creationTimestamp": "2026-11-23T06:00:01Z",
                "labels": {LABEL_SERVICE: "f"},
            },
            "spec": {"containers": [{"name": "c"}]},
        });
        let source = Source::of(&serde_json::from_value(pod).unwrap()).unwrap();
        assert!(source.is_of(&function("2026-11-23T06:00:00Z", None)));
        assert!(!source.is_of(&function("2026-11-23T06:00:00Z", Some("2026-11-23T06:00:05Z"))));
        assert!(!source.is_of(&function("2026-11-23T06:00:07Z", None)));
    }
}
