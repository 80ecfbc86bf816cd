//! What the schema of the custom resource can not say; pure.

use domain::{
    TenantName,
    function::LABEL_TENANT,
    tenant::{FIRST, Tenant},
};
use kube::ResourceExt;

use super::dereference::Observed;

/// A spec that can be carried out.
#[derive(Debug, Clone)]
pub(super) struct Validated {
    pub(super) name: TenantName,
    /// The namespace goes with the tenant.
    pub(super) owns_namespace: bool,
}

/// Why a tenant can not be set up: a sentence.
pub(super) type Invalid = String;

pub(super) fn run(tenant: &Tenant, observed: &Observed) -> Result<Validated, Invalid> {
    let name: TenantName = tenant.name_any().parse().map_err(|error| format!("{error}"))?;
    if is_system(name.as_str()) {
        return Err(format!("{name} is a namespace of the cluster itself; choose another name."));
    }
    if let Some(namespace) = &observed.namespace {
        if namespace.metadata.deletion_timestamp.is_some() {
            return Err("The namespace of an earlier tenant of this name is still being deleted.".to_owned());
        }
        let ours = namespace.labels().get(LABEL_TENANT).is_some_and(|label| label == name.as_str());
        if !ours && name.as_str() != FIRST {
            return Err(format!(
                "There is a namespace {name} already that is no tenant's; choose another name."
            ));
        }
    }
    Ok(Validated { owns_namespace: name.as_str() != FIRST, name })
}

/// Namespaces that belong to the cluster or to what runs it.
fn is_system(name: &str) -> bool {
    ["kube-", "knative-", "istio-", "kourier-"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use domain::tenant::TenantSpec;
    use k8s_openapi::api::core::v1::Namespace;

    use super::*;

    fn invalid(name: &str, namespace: Option<Namespace>) -> bool {
        let observed = Observed { namespace, ..Observed::default() };
        run(&Tenant::new(name, TenantSpec::default()), &observed).is_err()
    }

    #[test]
    fn a_namespace_of_someone_else_is_not_taken_over() {
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some("acme".to_owned());
        assert!(invalid("acme", Some(namespace.clone())));
        namespace.labels_mut().insert(LABEL_TENANT.to_owned(), "acme".to_owned());
        assert!(!invalid("acme", Some(namespace)));
        assert!(invalid("kube-system", None));
        assert!(invalid(domain::tenant::NOBODY, None));
        assert!(!invalid("acme", None));
    }
}
