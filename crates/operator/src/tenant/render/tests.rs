//! What a spec turns into.

use domain::{
    identity::Role,
    tenant::{Member, Tenant, TenantSpec},
};
use serde_json::{Value, json};

use super::*;

fn rendered(spec: TenantSpec) -> Vec<Value> {
    let mut tenant = Tenant::new("acme", spec);
    tenant.metadata.uid = Some("u-1".to_owned());
    let valid = Validated { name: "acme".parse().unwrap(), owns_namespace: true };
    run(&tenant, &valid).unwrap().iter().map(|one| serde_json::to_value(&one.object).unwrap()).collect()
}

fn one<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    all.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name).unwrap()
}

#[test]
fn everything_is_labelled_and_goes_with_the_tenant() {
    let all = rendered(TenantSpec::default());
    assert_eq!(all[0]["kind"], "Namespace");
    for object in &all {
        assert_eq!(object["metadata"]["labels"][LABEL_TENANT], "acme", "{object}");
        assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], "u-1", "{object}");
    }
}

#[test]
fn a_suspended_tenant_keeps_its_functions_and_may_run_nothing() {
    let all = rendered(TenantSpec { suspended: true, ..TenantSpec::default() });
    let hard = &one(&all, "ResourceQuota", "tenant")["spec"]["hard"];
    assert_eq!(hard, &json!({"count/lambdafunctions.lambda.knative.io": "100", "pods": "0"}));
}

#[test]
fn members_are_bound_to_their_role_and_never_to_the_clusters_own() {
    let members = vec![
        Member::user("ada@example.org", Role::Owner),
        Member::group("team-a", Role::Viewer),
        Member::group("system:masters", Role::Viewer),
    ];
    let all = rendered(TenantSpec { members, ..TenantSpec::default() });
    let viewers = &one(&all, "RoleBinding", "tenant-viewer")["subjects"];
    assert_eq!(viewers[0]["name"], "team-a");
    assert_eq!(viewers.as_array().unwrap().len(), 1);
    assert_eq!(one(&all, "RoleBinding", "tenant-owner")["subjects"][0]["kind"], "User");
}

#[test]
fn nobody_reads_the_values_of_secrets() {
    for object in rendered(TenantSpec::default()).iter().filter(|object| object["kind"] == "Role") {
        for rule in object["rules"].as_array().unwrap() {
            if rule["resources"].as_array().unwrap().contains(&json!("secrets")) {
                assert_eq!(rule["verbs"], json!(["create", "update", "patch", "delete"]));
            }
        }
    }
}
