//! The built-in kinds, one row each.

use crate::registry::resource::{Resource, Subresource, Verbs};
use Subresource::{Finalize, Scale, Status, Token};

/// A row of the table; what is not said is the usual.
#[derive(Clone, Copy)]
struct Row {
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    in_all: bool,
    namespaced: bool,
    generation: bool,
    verbs: Verbs,
    subresources: &'static [Subresource],
    fields: &'static [&'static str],
}

const fn row(kind: &'static str, plural: &'static str) -> Row {
    Row {
        kind,
        plural,
        short: &[],
        in_all: false,
        namespaced: true,
        generation: false,
        verbs: Verbs::All,
        subresources: &[],
        fields: &[],
    }
}

impl Row {
    const fn short(mut self, short: &'static [&'static str]) -> Self {
        self.short = short;
        self
    }
    const fn in_all(mut self) -> Self {
        self.in_all = true;
        self
    }
    const fn cluster(mut self) -> Self {
        self.namespaced = false;
        self
    }
    const fn generation(mut self) -> Self {
        self.generation = true;
        self
    }
    const fn verbs(mut self, verbs: Verbs) -> Self {
        self.verbs = verbs;
        self
    }
    const fn sub(mut self, subresources: &'static [Subresource]) -> Self {
        self.subresources = subresources;
        self
    }
    const fn fields(mut self, fields: &'static [&'static str]) -> Self {
        self.fields = fields;
        self
    }
}

const EVENT_FIELDS: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];
const POD_SUBRESOURCES: &[Subresource] = &[
    Subresource::Attach,
    Subresource::Binding,
    Subresource::EphemeralContainers,
    Subresource::Eviction,
    Subresource::Exec,
    Subresource::Log,
    Subresource::PortForward,
    Subresource::Proxy,
    Subresource::Resize,
    Subresource::Status,
];
const POD_FIELDS: &[&str] = &[
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
];

const CORE: &[Row] = &[
    row("ConfigMap", "configmaps").short(&["cm"]),
    row("Endpoints", "endpoints").short(&["ep"]),
    row("Event", "events").short(&["ev"]).fields(EVENT_FIELDS),
    row("LimitRange", "limitranges").short(&["limits"]),
    row("Namespace", "namespaces")
        .short(&["ns"])
        .cluster()
        .verbs(Verbs::NoDeleteCollection)
        .sub(&[Finalize, Status])
        .fields(&["status.phase"]),
    row("Node", "nodes").short(&["no"]).cluster().sub(&[Status]).fields(&["spec.unschedulable"]),
    row("PersistentVolumeClaim", "persistentvolumeclaims").short(&["pvc"]).sub(&[Status]),
    row("PersistentVolume", "persistentvolumes").short(&["pv"]).cluster().sub(&[Status]),
    row("Pod", "pods").short(&["po"]).in_all().generation().sub(POD_SUBRESOURCES).fields(POD_FIELDS),
    row("PodTemplate", "podtemplates"),
    row("ReplicationController", "replicationcontrollers")
        .short(&["rc"])
        .in_all()
        .generation()
        .sub(&[Scale, Status])
        .fields(&["status.replicas"]),
    row("ResourceQuota", "resourcequotas").short(&["quota"]).sub(&[Status]),
    row("Secret", "secrets").fields(&["type"]),
    row("ServiceAccount", "serviceaccounts").short(&["sa"]).sub(&[Token]),
    row("Service", "services")
        .short(&["svc"])
        .in_all()
        .sub(&[Status])
        .fields(&["spec.clusterIP", "spec.type"]),
];
const APPS: &[Row] = &[
    row("ControllerRevision", "controllerrevisions"),
    row("DaemonSet", "daemonsets").short(&["ds"]).in_all().generation().sub(&[Status]),
    row("Deployment", "deployments").short(&["deploy"]).in_all().generation().sub(&[Scale, Status]),
    row("ReplicaSet", "replicasets")
        .short(&["rs"])
        .in_all()
        .generation()
        .sub(&[Scale, Status])
        .fields(&["status.replicas"]),
    row("StatefulSet", "statefulsets").short(&["sts"]).in_all().generation().sub(&[Scale, Status]),
];
const BATCH: &[Row] = &[
    row("CronJob", "cronjobs").short(&["cj"]).in_all().generation().sub(&[Status]),
    row("Job", "jobs").in_all().generation().sub(&[Status]).fields(&["status.successful"]),
];
const RBAC: &[Row] = &[
    row("ClusterRoleBinding", "clusterrolebindings").cluster(),
    row("ClusterRole", "clusterroles").cluster(),
    row("RoleBinding", "rolebindings"),
    row("Role", "roles"),
];
const NETWORKING: &[Row] = &[
    row("IngressClass", "ingressclasses").cluster().generation(),
    row("Ingress", "ingresses").short(&["ing"]).generation().sub(&[Status]),
    row("NetworkPolicy", "networkpolicies").short(&["netpol"]).generation(),
];
const POLICY: &[Row] =
    &[row("PodDisruptionBudget", "poddisruptionbudgets").short(&["pdb"]).generation().sub(&[Status])];
const REVIEWS: &[Row] = &[
    row("SelfSubjectReview", "selfsubjectreviews").cluster().verbs(Verbs::CreateOnly),
    row("TokenReview", "tokenreviews").cluster().verbs(Verbs::CreateOnly),
];
const ACCESS_REVIEWS: &[Row] = &[
    row("LocalSubjectAccessReview", "localsubjectaccessreviews").verbs(Verbs::CreateOnly),
    row("SelfSubjectAccessReview", "selfsubjectaccessreviews").cluster().verbs(Verbs::CreateOnly),
    row("SelfSubjectRulesReview", "selfsubjectrulesreviews").cluster().verbs(Verbs::CreateOnly),
    row("SubjectAccessReview", "subjectaccessreviews").cluster().verbs(Verbs::CreateOnly),
];
const AUTOSCALING: &[Row] =
    &[row("HorizontalPodAutoscaler", "horizontalpodautoscalers").short(&["hpa"]).in_all().sub(&[Status])];
const COORDINATION: &[Row] = &[row("Lease", "leases")];
const DISCOVERY: &[Row] = &[row("EndpointSlice", "endpointslices").generation()];
const EVENTS: &[Row] = &[row("Event", "events").short(&["ev"]).fields(&[
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
])];
const EXTENSIONS: &[Row] = &[row("CustomResourceDefinition", "customresourcedefinitions")
    .short(&["crd", "crds"])
    .cluster()
    .generation()
    .sub(&[Status])];
const SCHEDULING: &[Row] = &[row("PriorityClass", "priorityclasses").short(&["pc"]).cluster().generation()];
const STORAGE: &[Row] = &[row("StorageClass", "storageclasses").short(&["sc"]).cluster()];

const GROUPS: &[(&str, &str, &[Row])] = &[
    ("", "v1", CORE),
    ("apiextensions.k8s.io", "v1", EXTENSIONS),
    ("apps", "v1", APPS),
    ("authentication.k8s.io", "v1", REVIEWS),
    ("authorization.k8s.io", "v1", ACCESS_REVIEWS),
    ("autoscaling", "v2", AUTOSCALING),
    ("batch", "v1", BATCH),
    ("coordination.k8s.io", "v1", COORDINATION),
    ("discovery.k8s.io", "v1", DISCOVERY),
    ("events.k8s.io", "v1", EVENTS),
    ("networking.k8s.io", "v1", NETWORKING),
    ("policy", "v1", POLICY),
    ("rbac.authorization.k8s.io", "v1", RBAC),
    ("scheduling.k8s.io", "v1", SCHEDULING),
    ("storage.k8s.io", "v1", STORAGE),
];

/// Every built-in resource.
pub(super) fn built_in() -> Vec<Resource> {
    let rows =
        GROUPS.iter().flat_map(|(group, version, rows)| rows.iter().map(move |row| (group, version, row)));
    rows.map(|(group, version, row)| resource(group, version, row)).collect()
}

fn resource(group: &str, version: &str, row: &Row) -> Resource {
    let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    // Events of the core group and of events.k8s.io are the same objects.
    let storage_group = if group == "events.k8s.io" { "" } else { group };
    Resource {
        group: group.into(),
        version: version.into(),
        kind: row.kind.into(),
        plural: row.plural.into(),
        singular: row.kind.to_lowercase(),
        list_kind: format!("{}List", row.kind),
        short_names: owned(row.short),
        categories: if row.in_all { vec!["all".into()] } else { Vec::new() },
        namespaced: row.namespaced,
        verbs: row.verbs,
        subresources: row.subresources.to_vec(),
        selectable_fields: owned(row.fields),
        generation: row.generation,
        storage: format!("{storage_group}/{}", row.plural).into(),
        custom: None,
    }
}
