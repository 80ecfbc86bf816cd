//! The build Job: one container of the platform's own image, a deadline, and one try that counts: a Pod
//! that the machine took away (a restart, a drained node) is replaced, one that failed is not.

use domain::{
    build::BuildRequest,
    function::{ANNOTATION_CORRELATION, LABEL_BUILD, LambdaFunction, Source, secret_variable},
};
use k8s_openapi::api::{
    batch::v1::{
        Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
    },
    core::v1::{Container, EnvVar, EnvVarSource, PodSpec, PodTemplateSpec, SecretKeySelector},
};

use super::{NewBuild, Validated, owned};
use crate::{
    Settings,
    function::{repository, status},
};

/// On a build's Job: the hash of the source that it is of, which its name does not tell.
pub(crate) const ANNOTATION_SOURCE: &str = "lambda.knative.io/source-hash";

pub(super) fn render(
    function: &LambdaFunction,
    valid: &Validated,
    build: &NewBuild,
    settings: &Settings,
) -> Job {
    let mut metadata = owned(function, build.id.as_str());
    metadata.labels.get_or_insert_default().insert(LABEL_BUILD.to_owned(), build.id.to_string());
    let correlation = status::correlation_id(function);
    metadata.annotations.get_or_insert_default().extend([
        (ANNOTATION_CORRELATION.to_owned(), correlation.to_string()),
        (ANNOTATION_SOURCE.to_owned(), build.hash.clone()),
    ]);

    let spec = &function.spec.build;
    let request = BuildRequest {
        tenant: valid.tenant.clone(),
        function: valid.name.clone(),
        build_id: build.id.clone(),
        correlation_id: correlation,
        source: function.spec.source.clone(),
        language: build.language,
        handler: valid.handler.clone(),
        version: function.spec.runtime.as_ref().and_then(|runtime| runtime.version.clone()),
        registry: spec.registry.clone(),
        repository: repository::of(function),
        tag: spec.tag.clone(),
        insecure: spec.insecure,
    };
    let env = request.to_variables().unwrap_or_default().into_iter().chain(settings.builder_env.clone());
    let env = env.map(|(name, value)| EnvVar { name, value: Some(value), value_from: None });
    let container = Container {
        name: "build".to_owned(),
        image: Some(settings.builder_image.clone()),
        args: Some(settings.builder_args.clone()),
        env: Some(env.chain(credentials(&function.spec.source)).collect()),
        ..Container::default()
    };
    let labels = metadata.labels.clone();
    let pod = PodSpec {
        containers: vec![container],
        restart_policy: Some("Never".to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        ..PodSpec::default()
    };
    let template = PodTemplateSpec {
        metadata: Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
            labels,
            ..Default::default()
        }),
        spec: Some(pod),
    };
    let deadline = i64::try_from(valid.build_timeout.as_secs()).unwrap_or(i64::MAX).max(1);
    let spec = JobSpec {
        active_deadline_seconds: Some(deadline),
        backoff_limit: Some(0),
        pod_failure_policy: Some(disruptions_do_not_count()),
        ttl_seconds_after_finished: Some(settings.build_ttl_seconds),
        template,
        ..JobSpec::default()
    };
    Job { metadata, spec: Some(spec), status: None }
}

fn disruptions_do_not_count() -> PodFailurePolicy {
    let disrupted = PodFailurePolicyOnPodConditionsPattern {
        type_: "DisruptionTarget".to_owned(),
        status: Some("True".to_owned()),
    };
    PodFailurePolicy {
        rules: vec![PodFailurePolicyRule {
            action: "Ignore".to_owned(),
            on_pod_conditions: Some(vec![disrupted]),
            ..PodFailurePolicyRule::default()
        }],
    }
}

/// The source's credentials, read by the node: the operator never sees them. None has to be there: which
/// ones are needed the source decides, and the builder says what is missing.
fn credentials(source: &Source) -> impl Iterator<Item = EnvVar> {
    let keys = source.secret_ref().map(|secret| (secret.name.clone(), source.kind.secret_keys()));
    keys.into_iter().flat_map(|(name, keys)| {
        keys.iter().map(move |key| from_secret(secret_variable(key), name.clone(), key))
    })
}

fn from_secret(variable: String, secret: String, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret, key: key.to_owned(), optional: Some(true) };
    let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: variable, value: None, value_from: Some(source) }
}

#[cfg(test)]
mod tests {
    use domain::function::{FunctionSpec, GitSource, Language, LocalRef};

    use super::*;
    use crate::function::validate;

    #[test]
    fn a_secret_reaches_the_build_by_reference_only() {
        let source = Source::git(GitSource {
            url: "https://git.example/code".to_owned(),
            reference: "main".to_owned(),
            path: None,
            secret_ref: Some(LocalRef { name: "deploy".to_owned() }),
        });
        let variables: Vec<EnvVar> = credentials(&source).collect();
        let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "SOURCE_SECRET_USERNAME",
                "SOURCE_SECRET_PASSWORD",
                "SOURCE_SECRET_SSH_PRIVATEKEY",
                "SOURCE_SECRET_KNOWN_HOSTS"
            ]
        );
        for variable in &variables {
            let secret = variable.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref());
            assert!(variable.value.is_none() && secret.is_some_and(|secret| secret.name == "deploy"));
        }
    }

    /// The variables of the build's container.
    fn variables(code: &str, dependencies: &str) -> Vec<(String, String)> {
        let spec = FunctionSpec::inline(Language::Python, code, Some(dependencies.to_owned()));
        let mut function = LambdaFunction::new("hello", spec);
        function.metadata.namespace = Some("acme".to_owned());
        function.metadata.uid = Some("0b7c".to_owned());
        let id = "hello-b1".parse().unwrap();
        let hash = "h".to_owned();
        let build = NewBuild { id, language: Language::Python, hash, number: 1, attempt: 1 };
        let settings = Settings {
            builder_image: "own".to_owned(),
            builder_args: Vec::new(),
            builder_env: Vec::new(),
            concurrent_builds: 1,
            build_ttl_seconds: 60,
        };
        let job = render(&function, &validate::run(&function).unwrap(), &build, &settings);
        let pod = job.spec.unwrap().template.spec.unwrap();
        let env = pod.containers.into_iter().flat_map(|container| container.env.unwrap_or_default());
        env.map(|var| (var.name, var.value.unwrap())).collect()
    }

    fn read(variables: &[(String, String)]) -> BuildRequest {
        let find = |name: &str| variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        serde_json::from_str(&BuildRequest::from_variables(find).unwrap()).unwrap()
    }

    #[test]
    fn the_longest_inline_code_makes_no_variable_longer_than_a_program_can_be_given() {
        for letter in ["a", "\n", "é", "\u{1}"] {
            let code = letter.repeat((256 << 10) / letter.len());
            let dependencies = letter.repeat((64 << 10) / letter.len());
            let variables = variables(&code, &dependencies);
            // MAX_ARG_STRLEN: the name, the equals sign, the value and its end.
            assert!(variables.iter().all(|(name, value)| name.len() + value.len() + 2 <= 128 << 10));
            let known: Vec<_> = BuildRequest::variable_names().collect();
            assert!(variables.iter().all(|(name, _)| known.contains(name)), "the cluster takes them");
            let inline = read(&variables).source.inline.unwrap();
            assert_eq!((inline.code, inline.dependencies), (code, Some(dependencies)));
        }
    }

    #[test]
    fn dollar_signs_in_inline_code_are_no_references_to_variables() {
        let code = r#"print("$(PATH) costs $$5 \$ \\$")"#;
        let variables = variables(code, "");
        assert!(variables.iter().all(|(_, value)| !value.contains('$')));
        assert_eq!(read(&variables).source.inline.unwrap().code, code);
    }
}
