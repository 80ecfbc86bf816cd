//! What the schema of the custom resource can not say; pure.

use std::time::Duration;

use bus::Retry;
use domain::{
    FunctionName, TenantName,
    function::{FunctionSpec, ImageSource, LambdaFunction, Language},
};
use knative::go_duration;
use kube::ResourceExt;

/// A spec whose every rule holds, with its texts parsed.
#[derive(Debug, Clone)]
pub(crate) struct Validated {
    pub(crate) tenant: TenantName,
    pub(crate) name: FunctionName,
    pub(crate) origin: Origin,
    pub(crate) handler: String,
    pub(crate) build_timeout: Duration,
    pub(crate) scale_down_delay: Duration,
    /// Tries and backoff of its events.
    pub(crate) retry: Retry,
}

/// Where the image comes from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// It is given.
    Image(ImageSource),
    /// It is built from code in this language.
    Code { language: Language },
}

impl Origin {
    /// The given image.
    pub(crate) fn image(&self) -> Option<&ImageSource> {
        if let Self::Image(image) = self { Some(image) } else { None }
    }
}

/// Why a spec can not be carried out: a sentence.
pub(crate) type Invalid = String;

pub(crate) fn run(function: &LambdaFunction) -> Result<Validated, Invalid> {
    let spec = &function.spec;
    let tenant = function.namespace().unwrap_or_default().parse().map_err(|error| format!("{error}"))?;
    let name = function.name_any().parse().map_err(|error| format!("{error}"))?;
    if !spec.source.is_consistent() {
        return Err(format!(
            "spec.source.type is {kind}, so spec.source.{kind} must be set, and no other block.",
            kind = spec.source.kind.as_str()
        ));
    }
    if let Some((field, message)) = spec.source.problems().into_iter().next() {
        return Err(format!("{field}: {message}"));
    }
    if spec.source.upload.as_ref().is_some_and(|upload| !upload.is_of(&tenant)) {
        return Err("spec.source.upload.key: There is no such upload in this tenant.".to_owned());
    }
    let runtime = spec.runtime.as_ref();
    let origin = match (&spec.source.image, runtime) {
        (Some(image), _) => Origin::Image(image.clone()),
        (None, Some(runtime)) => Origin::Code { language: runtime.language },
        (None, None) => return Err("spec.runtime is needed to build code; set its language.".to_owned()),
    };
    if spec.scaling.max_replicas < spec.scaling.min_replicas {
        return Err("spec.scaling.maxReplicas is less than minReplicas.".to_owned());
    }
    let shares: i64 = spec.traffic.iter().map(|target| target.percent).sum();
    if !spec.traffic.is_empty() && shares != 100 {
        return Err(format!("The shares in spec.traffic add up to {shares}; they must add up to 100."));
    }
    Ok(Validated {
        tenant,
        name,
        origin,
        handler: runtime.map_or_else(|| "main.handler".to_owned(), |runtime| runtime.handler.clone()),
        build_timeout: duration("spec.build.timeout", &spec.build.timeout)?,
        scale_down_delay: duration(
            "spec.scaling.scaleToZeroGracePeriod",
            &spec.scaling.scale_to_zero_grace_period,
        )?,
        retry: retry(spec),
    })
}

/// `spec.eventing.dlq`.
fn retry(spec: &FunctionSpec) -> Retry {
    let asked = spec.eventing.as_ref().and_then(|eventing| eventing.dlq.as_ref());
    asked.map(Retry::from).unwrap_or_default()
}

/// Go's duration text: `30s`, `1h30m`, `500ms`.
fn duration(field: &str, text: &str) -> Result<Duration, Invalid> {
    go_duration::parse(text).ok_or_else(|| format!("{field} is {text:?}; write it as 30s, 5m or 1h30m."))
}

#[cfg(test)]
mod tests {
    use domain::function::TrafficTarget;

    use super::*;

    fn function(change: impl FnOnce(&mut FunctionSpec)) -> LambdaFunction {
        let mut spec = FunctionSpec::inline(Language::Python, "def handler(event): pass", None);
        change(&mut spec);
        let mut function = LambdaFunction::new("hello", spec);
        function.metadata.namespace = Some("acme".to_owned());
        function
    }

    #[test]
    fn shares_that_do_not_add_up_to_100_are_refused_with_their_sum() {
        let share =
            |percent| TrafficTarget { revision_name: None, latest_revision: Some(true), percent, tag: None };
        let invalid = run(&function(|spec| spec.traffic = vec![share(60), share(30)])).unwrap_err();
        assert!(invalid.contains("90"), "{invalid}");
    }

    #[test]
    fn attempts_and_backoff_are_those_that_the_function_asks_for() {
        let asked = |attempts, delay: &str| {
            let dlq = serde_json::json!({"retryMaxAttempts": attempts, "retryBackoffDelay": delay});
            let eventing = serde_json::from_value(serde_json::json!({"dlq": dlq})).unwrap();
            run(&function(|spec| spec.eventing = Some(eventing))).unwrap().retry
        };
        assert_eq!(asked(2, "PT0.5S"), Retry { attempts: Some(2), delay_ms: 500 });
        assert_eq!(asked(7, "soon"), Retry { attempts: Some(7), delay_ms: 1000 });
        assert_eq!(run(&function(|_| ())).unwrap().retry, Retry::default());
    }

    #[test]
    fn a_hostile_source_is_refused_before_anything_is_built() {
        let git = domain::function::GitSource {
            url: "https://git.example/x".to_owned(),
            reference: "--upload-pack=id".to_owned(),
            path: None,
            secret_ref: None,
        };
        let invalid = run(&function(|spec| spec.source = domain::function::Source::git(git))).unwrap_err();
        assert!(invalid.starts_with("spec.source.git.ref"), "{invalid}");
    }

    #[test]
    fn an_upload_of_another_tenant_is_refused() {
        let upload = |tenant: &str| {
            let upload = domain::function::UploadSource {
                key: format!("uploads/{tenant}/{}", "0".repeat(32)),
                sha256: "0".repeat(64),
                size: 1,
                filename: None,
            };
            run(&function(|spec| spec.source = domain::function::Source::upload(upload)))
        };
        assert!(upload("acme").is_ok());
        assert!(upload("other").unwrap_err().starts_with("spec.source.upload.key"));
    }

    #[test]
    fn code_without_a_runtime_is_refused() {
        assert!(run(&function(|spec| spec.runtime = None)).is_err());
        assert!(run(&function(|_| ())).is_ok());
    }
}
