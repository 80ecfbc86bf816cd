//! Where images go. In the platform's own registry a tenant has what is below its name and nothing else.

use domain::function::LambdaFunction;
use kube::ResourceExt;

/// The repository that the spec names; below the tenant's name if it is not there already and the registry is
/// the platform's. Part of the source hash: what an older version put elsewhere is built again.
pub(crate) fn named(function: &LambdaFunction) -> Option<String> {
    let spec = &function.spec.build;
    let named = spec.repository.as_ref()?;
    let own = format!("{}/", function.namespace().unwrap_or_default());
    let is_theirs = spec.registry.is_some() || named.starts_with(&own);
    Some(if is_theirs { named.clone() } else { own + named })
}

/// The same, and what is taken when the spec names none.
pub(crate) fn of(function: &LambdaFunction) -> String {
    named(function)
        .unwrap_or_else(|| format!("{}/{}", function.namespace().unwrap_or_default(), function.name_any()))
}

#[cfg(test)]
mod tests {
    use domain::function::{FunctionSpec, Language};
    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::function::build::source_hash;

    fn function(named: Option<&str>, registry: Option<&str>) -> LambdaFunction {
        let mut spec = FunctionSpec::inline(Language::Python, "def handler(event): pass", None);
        spec.build.repository = named.map(str::to_owned);
        spec.build.registry = registry.map(str::to_owned);
        let mut function = LambdaFunction::new("hello", spec);
        function.metadata.namespace = Some("acme".to_owned());
        function
    }

    #[test]
    fn a_tenant_cannot_overwrite_the_image_of_another_by_naming_its_repository() {
        let of = |named, registry| of(&function(named, registry));
        assert_eq!(of(None, None), "acme/hello");
        assert_eq!(of(Some("rival/hello"), None), "acme/rival/hello");
        assert_eq!(of(Some("acme/other"), None), "acme/other");
        assert_eq!(of(Some("acmerival/x"), None), "acme/acmerival/x");
        // A registry of their own is theirs.
        assert_eq!(of(Some("team/x"), Some("registry.example.com")), "team/x");
    }

    #[test]
    fn only_an_image_that_has_to_move_is_built_again_by_a_new_version() {
        let first_version = |function: &LambdaFunction| {
            let (spec, build) = (&function.spec, &function.spec.build);
            let inputs = json!({
                "source": spec.source, "runtime": spec.runtime, "registry": build.registry,
                "repository": build.repository, "tag": build.tag, "insecure": build.insecure,
            });
            hex::encode(Sha256::digest(inputs.to_string()))
        };
        for (named, registry, same) in [
            (None, None, true),
            (Some("acme/other"), None, true),
            (Some("team/x"), Some("registry.example.com"), true),
            (Some("rival/hello"), None, false),
        ] {
            let function = function(named, registry);
            assert_eq!(source_hash(&function) == first_version(&function), same, "{named:?}");
        }
    }
}
