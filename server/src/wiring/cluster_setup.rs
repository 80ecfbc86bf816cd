//! The embedded cluster: its settings, our definitions, the tenant of the first start.

use std::{collections::BTreeMap, path::PathBuf};

use cluster::{
    Cluster,
    workload::{self, HostImage},
};
use domain::{
    build::BuildRequest,
    function::{LambdaFunction, secret_variables},
    identity::Role,
    tenant::{FIRST, Member, Quota, Tenant, TenantSpec},
};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt,
    api::{Patch, PatchParams, PostParams},
    runtime::wait::{await_condition, conditions},
};
use sandbox::{Launcher, Toolchain};

use super::OWN_IMAGE;
use crate::{
    Error, Result, cli,
    config::{self, Config},
    data_folder::DataFolder,
};

/// Field manager of what is set up here.
const MANAGER: &str = "knative-lambda";
/// Seconds that the Job of a finished build stays: long enough to look at it with kubectl.
const BUILD_TTL: i32 = 600;
/// Variable in which the builder is told what the sandbox can do here.
pub(crate) const SANDBOX: &str = "KL_SANDBOX";

/// What the cluster is made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) folder: &'a DataFolder,
    pub(super) program: PathBuf,
    pub(super) launcher: Launcher,
    pub(super) toolchain: Toolchain,
    pub(super) admin_token: &'a str,
}

/// A cluster that runs.
pub(super) struct Started {
    pub(super) cluster: Cluster,
    /// What the operator has to know to build with it.
    pub(super) operator: operator::Settings,
    /// Where the images are.
    pub(super) images: oci::Layout,
}

/// Starts it.
pub(super) async fn start(parts: Parts<'_>) -> Result<Started> {
    let Parts { config, folder, program, launcher, toolchain, admin_token } = parts;
    let images = match config.registry.strip_prefix("layout:") {
        Some(folder) => PathBuf::from(folder),
        None if config.registry.is_empty() => folder.folder("images")?,
        None => {
            return Err(Error::Config(format!(
                "KL_REGISTRY has the value \"{}\"; this version knows \"layout:<folder>\" only.",
                config.registry
            )));
        }
    };
    // Asking the interpreters again would take longer than all the rest of a small build.
    let sandbox = serde_json::to_string(launcher.capabilities()).unwrap_or_default();
    let found = serde_json::to_string(&toolchain).map_err(|error| Error::part("the toolchain")(&error))?;
    let variable = |name: &str, value: String| (name.to_owned(), value);
    let host = HostImage {
        program,
        subcommands: vec![cli::BUILDER.to_owned()],
        env: set([
            variable("PATH", config::search_path()),
            variable("KL_STORAGE_URL", super::storage_url(config, folder)?),
            variable("KL_REGISTRY", format!("layout:{}", images.display())),
            variable("KL_TOOLCHAIN", found),
            variable(SANDBOX, sandbox),
            variable("KL_CACHE_DIR", folder.folder("cache")?.display().to_string()),
            variable("KL_SOURCE_ALLOW", config.source_allow.to_string()),
            variable("KL_CA_FILE", config.ca_file.clone()),
        ]),
        // What the source's Secret holds is given by reference, and read by the node.
        accepted_env: secret_variables()
            .map(|(_, variable)| variable)
            .chain(BuildRequest::variable_names())
            .collect(),
    };
    let mut workload = workload::Config::new(launcher, toolchain, &images).host_image(OWN_IMAGE, host);
    workload.connect_ports = connect_ports(config);
    let knative = cluster::knative::Config {
        domain: config.gateway_domain.clone(),
        gateway_port: Some(config.gateway_listen.port()),
        private_cookies: vec!["session".to_owned(), "__Host-session".to_owned()],
        ..cluster::knative::Config::default()
    };
    let mut settings = cluster::Config::new(folder.folder("cluster")?, admin_token).with_workload(workload);
    settings.knative = knative;
    let cluster = Cluster::start(settings).await.map_err(|error| Error::part("the cluster")(&error))?;
    set_up(&cluster.client()).await.map_err(|error| Error::part("the cluster")(&error))?;
    let operator = operator::Settings {
        builder_image: OWN_IMAGE.to_owned(),
        builder_args: vec![cli::BUILDER.to_owned()],
        // All that it needs beside its request is given to it by the node, where no Job can change it.
        builder_env: Vec::new(),
        concurrent_builds: config.concurrent_builds,
        build_ttl_seconds: BUILD_TTL,
    };
    let images = oci::Layout::open(&images).map_err(|error| Error::part("the image folder")(&error))?;
    let adopted = platform::adopt_images(&cluster.client(), &images).await;
    match adopted.map_err(|error| Error::part("the image folder")(&error))? {
        0 => {}
        adopted => tracing::info!(images.adopted = adopted, "images of an older version were taken over"),
    }
    Ok(Started { cluster, operator, images })
}

/// What functions may connect to: never the platform itself, which an address of this machine leads to.
fn connect_ports(config: &Config) -> Vec<u16> {
    let own = [config.listen, config.gateway_listen, config.cluster_listen].map(|address| address.port());
    let (ports, taken) = config.function_connect_ports.without(&own);
    if !taken.is_empty() {
        tracing::warn!(ports = ?taken, "functions can not connect to these ports anywhere, because the platform listens on them here; put it behind a proxy, on other ports");
    }
    ports
}

/// Those that have a value.
fn set<const N: usize>(variables: [(String, String); N]) -> BTreeMap<String, String> {
    variables.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Our custom resources, and the first tenant.
async fn set_up(client: &kube::Client) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let apply = PatchParams::apply(MANAGER).force();
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in [LambdaFunction::crd(), Tenant::crd()] {
        let name = definition.metadata.name.clone().unwrap_or_default();
        definitions.patch(&name, &apply, &Patch::Apply(&definition)).await?;
        await_condition(definitions.clone(), &name, conditions::is_crd_established()).await?;
    }
    match Api::<Tenant>::all(client.clone()).create(&PostParams::default(), &first_tenant()).await {
        // What became of it since is the administrator's.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// Everyone on one machine is in it: a person for each role, to see what that role sees.
fn first_tenant() -> Tenant {
    let persona = |role: Role| Member::user(format!("local:{}", role.as_str()), role);
    let spec = TenantSpec {
        display_name: "Default".to_owned(),
        members: Role::ALL.into_iter().map(persona).collect(),
        // The machine is theirs alone.
        quota: Quota { functions: 10_000, pods: 1_000, ..Quota::default() },
        ..TenantSpec::default()
    };
    Tenant::new(FIRST, spec)
}
