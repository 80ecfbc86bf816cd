//! Everything is closed but what a function needs: its gateway, its own tenant, names, the Internet.

use std::collections::BTreeMap;

use domain::tenant::{QUOTA_NAME, Tenant};
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};

use super::owned;
use crate::tenant::validate::Validated;

/// Namespaces whose Pods bring calls and events.
const CALLERS: [&str; 5] =
    ["knative-serving", "knative-eventing", "kourier-system", "istio-system", "knative-lambda"];
/// Addresses of the cluster, of other machines of its owner, and of the cloud's metadata.
const PRIVATE_V4: [&str; 5] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"];
const PRIVATE_V6: [&str; 2] = ["fc00::/7", "fe80::/10"];
/// Label that every namespace has.
const NAME: &str = "kubernetes.io/metadata.name";

pub(super) fn policy(tenant: &Tenant, valid: &Validated) -> NetworkPolicy {
    let open = !tenant.spec.network.isolated;
    let ingress = if open {
        vec![NetworkPolicyIngressRule::default()]
    } else {
        vec![NetworkPolicyIngressRule { from: Some(vec![own(), namespaces(&CALLERS)]), ports: None }]
    };
    let egress = if open {
        vec![NetworkPolicyEgressRule::default()]
    } else {
        let names = ["UDP", "TCP"].map(|protocol| NetworkPolicyPort {
            port: Some(IntOrString::Int(53)),
            protocol: Some(protocol.to_owned()),
            ..NetworkPolicyPort::default()
        });
        vec![
            NetworkPolicyEgressRule {
                to: Some(vec![own(), namespaces(&["knative-eventing", "kourier-system"])]),
                ports: None,
            },
            NetworkPolicyEgressRule {
                to: Some(vec![namespaces(&["kube-system"])]),
                ports: Some(names.to_vec()),
            },
            NetworkPolicyEgressRule {
                to: Some(vec![outside("0.0.0.0/0", &PRIVATE_V4), outside("::/0", &PRIVATE_V6)]),
                ports: None,
            },
        ]
    };
    NetworkPolicy {
        metadata: owned(tenant, valid, QUOTA_NAME),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector::default()),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(ingress),
            egress: Some(egress),
        }),
    }
}

/// Pods of the same tenant.
fn own() -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..NetworkPolicyPeer::default() }
}

fn namespaces(names: &[&str]) -> NetworkPolicyPeer {
    let selector = match names {
        [one] => LabelSelector {
            match_labels: Some(BTreeMap::from([(NAME.to_owned(), (*one).to_owned())])),
            ..LabelSelector::default()
        },
        several => LabelSelector {
            match_expressions: Some(vec![LabelSelectorRequirement {
                key: NAME.to_owned(),
                operator: "In".to_owned(),
                values: Some(several.iter().map(|name| (*name).to_owned()).collect()),
            }]),
            ..LabelSelector::default()
        },
    };
    NetworkPolicyPeer { namespace_selector: Some(selector), ..NetworkPolicyPeer::default() }
}

fn outside(cidr: &str, except: &[&str]) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_owned(),
            except: Some(except.iter().map(|cidr| (*cidr).to_owned()).collect()),
        }),
        ..NetworkPolicyPeer::default()
    }
}
