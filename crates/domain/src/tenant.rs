//! The Tenant resource (`lambda.knative.io/v1alpha1`, cluster-scoped) and how lists and pages show it.

mod member;
mod quota;
mod status;
mod view;

pub use member::Member;
pub use quota::{Budget, Limits, Network, Quota};
pub use status::{TenantStatus, condition};
pub use view::{Access, MembersForm, QuotaUse, TenantQuery, TenantSort, TenantSummary, TenantTotals};

use serde::{Deserialize, Serialize};

/// The tenant of the first start.
pub const FIRST: &str = "default";
/// Stands for the tenant of what is nobody's, which administrators of the platform see and no one else: no tenant
/// can have this name, because names of the cluster's own namespaces are refused.
pub const NOBODY: &str = "knative-lambda";
/// Name of the ResourceQuota and of the LimitRange in a tenant's namespace.
pub const QUOTA_NAME: &str = "tenant";
/// The account that functions run under; it has no token.
pub const FUNCTION_ACCOUNT: &str = "function";

/// What a team may do and use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(kube::CustomResource, schemars::JsonSchema))]
#[cfg_attr(
    feature = "kube",
    expect(clippy::duplicated_attributes, reason = "each printer column has a type")
)]
#[cfg_attr(
    feature = "kube",
    kube(
        group = "lambda.knative.io",
        version = "v1alpha1",
        kind = "Tenant",
        plural = "tenants",
        singular = "tenant",
        status = "TenantStatus",
        derive = "PartialEq",
        doc = "A team: its namespace, members, quota and limits.",
        printcolumn(name = "Display name", type_ = "string", json_path = ".spec.displayName"),
        printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspended"),
        printcolumn(
            name = "Ready",
            type_ = "string",
            json_path = ".status.conditions[?(@.type==\"Ready\")].status"
        ),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )
)]
pub struct TenantSpec {
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 100)))]
    pub display_name: String,
    /// Who may do what in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 1000)))]
    pub members: Vec<Member>,
    /// The most that it may use.
    #[serde(default)]
    pub quota: Quota,
    /// How fast it may be.
    #[serde(default)]
    pub limits: Limits,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Who reaches its functions.
    #[serde(default)]
    pub network: Network,
    /// Its functions are stopped; nothing is lost.
    #[serde(default)]
    pub suspended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_spec_has_the_limits_of_the_contract() {
        let spec: TenantSpec = serde_json::from_str("{}").unwrap();
        assert_eq!((spec.quota.functions, spec.quota.pods, spec.quota.concurrent_builds), (100, 50, 5));
        assert!(spec.network.isolated && !spec.suspended);
        assert_eq!(spec, TenantSpec::default());
    }
}
