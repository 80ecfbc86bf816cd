//! What Knative's webhooks do with Services, Configurations, Routes and Revisions: fill in defaults, and
//! refuse with their own words and status 400.

mod defaults;
mod error;
mod immutable;
mod scale;
mod template;
mod traffic;

use serde_json::Value;

use self::error::{Errors, message};
use super::kinds::GROUP;
use crate::{
    api::status::{ApiError, ApiResult},
    registry::admission::Attributes,
};

const REFUSAL: &str = "admission webhook \"validation.webhook.serving.knative.dev\" denied the request: ";

const INSECURE: &str =
    "Kubernetes default value is insecure, Knative may default this to secure in a future release";

/// Fills in what is not said. Runs before the object is checked against its schema.
pub(crate) fn default(attributes: &Attributes<'_>, object: &mut Value, old: Option<&Value>) {
    if attributes.resource.group != GROUP || attributes.subresource.is_some() {
        return;
    }
    match attributes.resource.plural.as_str() {
        "services" => {
            defaults::template(&mut object["spec"]["template"]);
            defaults::traffic(&mut object["spec"]);
            defaults::user(object, old, &attributes.user.name);
        }
        "configurations" => {
            defaults::template(&mut object["spec"]["template"]);
            defaults::user(object, old, &attributes.user.name);
        }
        "routes" => {
            defaults::traffic(&mut object["spec"]);
            defaults::user(object, old, &attributes.user.name);
        }
        "revisions" => defaults::revision(&mut object["spec"]),
        _ => {}
    }
}

/// Refuses what Knative refuses. Runs on objects that their schema allows.
pub(crate) fn review(attributes: &Attributes<'_>, object: &Value, old: Option<&Value>) -> ApiResult<()> {
    let (resource, deleting) = (attributes.resource, object["metadata"]["deletionTimestamp"].is_string());
    if resource.group != GROUP || attributes.subresource.is_some() || deleting {
        return Ok(());
    }
    let mut errors = Errors::new();
    let (name, spec) = (object["metadata"]["name"].as_str().unwrap_or_default(), &object["spec"]);
    match resource.plural.as_str() {
        "services" => {
            template::name(&mut errors, name);
            template::check(&mut errors, name, &spec["template"]);
            traffic::check(&mut errors, &spec["traffic"], true);
        }
        "configurations" => template::check(&mut errors, name, &spec["template"]),
        "routes" => traffic::check(&mut errors, &spec["traffic"], false),
        "revisions" => template::revision(&mut errors, spec),
        _ => {}
    }
    let insecure = template::insecure(&spec["template"]["spec"], "spec.template.spec");
    if !insecure.is_empty() {
        attributes.warnings.add(format!("{INSECURE}: {}", insecure.join(", ")));
    }
    if let Some(old) = old {
        immutable::check(&mut errors, &resource.plural, object, old);
    }
    if !errors.is_empty() {
        return Err(ApiError::bad_request(format!("{REFUSAL}validation failed: {}", message(errors))));
    }
    match template::dry_run(&spec["template"]["spec"]) {
        Some(why) => {
            Err(ApiError::bad_request(format!("{REFUSAL}validation callback failed: {why}: spec.template")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service(change: impl FnOnce(&mut Value)) -> Value {
        let mut object = json!({
            "metadata": {"name": "a"},
            "spec": {"template": {
                "metadata": {"annotations": {}}, "spec": {"containers": [{"image": "dev.local/x:1"}]}
            }}
        });
        change(&mut object);
        defaults::template(&mut object["spec"]["template"]);
        defaults::traffic(&mut object["spec"]);
        object
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let object = service(change);
        let mut errors = Errors::new();
        let name = object["metadata"]["name"].as_str().unwrap();
        template::name(&mut errors, name);
        template::check(&mut errors, name, &object["spec"]["template"]);
        traffic::check(&mut errors, &object["spec"]["traffic"], true);
        message(errors)
    }

    fn annotated(key: &str, value: &str) -> String {
        refusal(|s| {
            s["spec"]["template"]["metadata"]["annotations"][format!("autoscaling.knative.dev/{key}")] =
                json!(value);
        })
    }

    fn container(field: &str, value: Value) -> String {
        refusal(|s| s["spec"]["template"]["spec"]["containers"][0][field] = value)
    }

    #[test]
    fn a_sound_service_is_let_in_with_the_defaults_of_knative() {
        assert_eq!(refusal(|_| ()), "");
        let object = service(|_| ());
        assert_eq!(
            object["spec"],
            json!({
                "template": {"metadata": {"annotations": {}}, "spec": {
                    "containerConcurrency": 0, "enableServiceLinks": false, "timeoutSeconds": 300,
                    "containers": [{
                        "image": "dev.local/x:1", "name": "user-container", "resources": {},
                        "readinessProbe": {"successThreshold": 1, "tcpSocket": {"port": 0}}
                    }]
                }},
                "traffic": [{"latestRevision": true, "percent": 100}]
            })
        );
    }

    #[test]
    fn traffic_is_refused_as_recorded() {
        let with = |traffic: Value| refusal(|s| s["spec"]["traffic"] = traffic);
        assert_eq!(with(json!([{"percent": 100}])), "");
        assert_eq!(
            with(json!([{"latestRevision": true, "percent": 90}])),
            "Traffic targets sum to 90, want 100: spec.traffic"
        );
        assert_eq!(
            with(
                json!([{"latestRevision": true, "percent": -1}, {"revisionName": "a-00001", "percent": 101}])
            ),
            "expected 0 <= -1 <= 100: spec.traffic[0].percent\nexpected 0 <= 101 <= 100: spec.traffic[1].percent"
        );
        assert_eq!(
            with(json!([{"latestRevision": true, "revisionName": "a-00001", "percent": 100}])),
            "may not set revisionName \"a-00001\" when latestRevision is true: spec.traffic[0].latestRevision"
        );
        assert_eq!(
            with(
                json!([{"percent": 50, "tag": "t"}, {"revisionName": "a-00001", "percent": 50, "tag": "t"}])
            ),
            "Multiple definitions for \"t\": spec.traffic[0].tag, spec.traffic[1].tag"
        );
        assert!(with(json!([{"percent": 100, "tag": "Bad_Tag"}])).ends_with(": spec.traffic.tag[0]"));
    }

    #[test]
    fn scale_annotations_are_refused_as_recorded() {
        const AT: &str = "spec.template.metadata.annotations.autoscaling.knative.dev/";
        assert_eq!(annotated("min-scale", "-1"), format!("expected 0 <= -1 <= 2147483647: {AT}min-scale"));
        assert_eq!(annotated("min-scale", "x"), format!("invalid value: x: {AT}min-scale"));
        assert_eq!(
            annotated("initial-scale", "0"),
            format!("invalid value: 0: {AT}initial-scale=0 not allowed by cluster")
        );
        assert_eq!(annotated("window", "1s"), format!("expected 6s <= 1s <= 1h0m0s: {AT}window"));
        assert_eq!(annotated("target", "0"), format!("target 0 should be at least 0.01: {AT}target"));
        assert_eq!(annotated("metric", "nonsense"), format!("invalid value: nonsense: {AT}metric"));
        assert_eq!(annotated("nonsense", "1"), "");
        let both = refusal(|s| {
            let annotations = &mut s["spec"]["template"]["metadata"]["annotations"];
            annotations["autoscaling.knative.dev/min-scale"] = json!("3");
            annotations["autoscaling.knative.dev/max-scale"] = json!("2");
        });
        assert_eq!(both, format!("max-scale=2 is less than min-scale=3: {AT}max-scale, {AT}min-scale"));
    }

    #[test]
    fn the_template_is_refused_as_recorded() {
        let spec = |field: &str, value: Value| refusal(|s| s["spec"]["template"]["spec"][field] = value);
        assert_eq!(
            spec("containerConcurrency", json!(-1)),
            "expected 0 <= -1 <= 1000: spec.template.spec.containerConcurrency"
        );
        assert_eq!(
            spec("timeoutSeconds", json!(100_000)),
            "expected 0 <= 100000 <= 600: spec.template.spec.timeoutSeconds"
        );
        assert_eq!(
            spec("hostNetwork", json!(true)),
            "must not set the field(s): spec.template.spec.hostNetwork"
        );
        assert_eq!(spec("containers", json!([])), "missing field(s): spec.template.spec.containers");
        assert_eq!(container("image", json!("")), "missing field(s): spec.template.spec.containers[0].image");
        assert_eq!(
            container("image", json!("Bad Name")),
            "Failed to parse image reference: spec.template.spec.containers[0].image\n\
             image: \"Bad Name\", error: could not parse reference: Bad Name"
        );
        assert_eq!(
            container("ports", json!([{"containerPort": 8080}, {"containerPort": 8081}])),
            "more than one container port is set: spec.template.spec.containers[*].ports\n\
             Only a single port is allowed across all containers"
        );
        assert_eq!(
            container("ports", json!([{"containerPort": 8080, "name": "zzz"}])),
            "Port name zzz is not allowed: spec.template.spec.containers[0].ports\n\
             Name must be empty, or one of: 'h2c', 'http1'"
        );
        assert_eq!(
            container("ports", json!([{"containerPort": 8012}])),
            "invalid value: 8012 is a reserved port: spec.template.spec.containers[0].ports.containerPort\n\
             8012 is a reserved port, please use a different value"
        );
        assert_eq!(
            container("env", json!([{"name": "PORT", "value": "1"}])),
            "\"PORT\" is a reserved environment variable: spec.template.spec.containers[0].env[0].name"
        );
        assert_eq!(
            container("securityContext", json!({"privileged": true})),
            "must not set the field(s): spec.template.spec.containers[0].securityContext.privileged"
        );
        assert_eq!(
            refusal(|s| s["spec"]["template"]["metadata"]["name"] = json!("b-1")),
            "invalid value: \"b-1\" must have prefix \"a-\": spec.template.metadata.name"
        );
        assert_eq!(
            refusal(|s| s["metadata"]["name"] = json!("n".repeat(64))),
            "not a DNS 1035 label: [must be no more than 63 characters]: metadata.name"
        );
    }

    #[test]
    fn what_cannot_change_is_refused_as_recorded() {
        let changed = |plural: &str, old: Value, new: Value| {
            let mut errors = Errors::new();
            immutable::check(&mut errors, plural, &new, &old);
            message(errors)
        };
        let by = |who: &str| json!({"metadata": {"annotations": {"serving.knative.dev/creator": who}}});
        assert_eq!(
            changed("services", by("me"), by("someone")),
            "annotation value is immutable: metadata.annotations.serving.knative.dev/creator"
        );
        let revision = |limit: i64| json!({"spec": {"containerConcurrency": limit, "containers": []}});
        assert_eq!(
            changed("revisions", revision(0), revision(7)),
            "Immutable fields changed (-old +new): spec\n*{v1.RevisionSpec}.ContainerConcurrency:\n\t-: \"0\"\n\t+: \"7\"\n"
        );
        let named = |v: &str| json!({"spec": {"template": {"metadata": {"name": "web-blue", "annotations": {"client.example/v": v}}}}});
        assert_eq!(
            changed("services", named("2"), named("3")),
            "Saw the following changes without a name change (-old +new): spec.template.metadata.name\n\
             {*v1.RevisionTemplateSpec}.ObjectMeta.Annotations[\"client.example/v\"]:\n\t-: \"2\"\n\t+: \"3\"\n"
        );
    }
}
