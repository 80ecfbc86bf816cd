//! The configuration: one documented list of keys; flags, then `KL_*` variables, then a TOML file, then
//! the default. An unknown key is an error. The only code that reads the environment.
//!
//! To add a setting: a line with its documentation in `settings!`; `knative-lambda config` prints it.

mod values;

use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr, path::PathBuf, str::FromStr};

pub use values::{Ports, Secret, Text};

use crate::{Error, Result};

/// One key, for the reference and the command line.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Name in the TOML file; the variable is `KL_` + upper case, the flag `--` + hyphens.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Value when nobody sets it; empty: none.
    pub default: &'static str,
}

impl Key {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("KL_{}", self.name.to_uppercase())
    }

    /// The flag, without the two hyphens.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal;)+) => {
        /// Everything that can be set.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $type,)+
        }

        /// All keys, in the order of the reference.
        pub const KEYS: &[Key] = &[
            $(Key { name: stringify!($name), doc: concat!($($doc),+), default: $default },)+
        ];

        impl Config {
            /// Every key through `text_of`, which knows the layers.
            fn collect(text_of: impl Fn(&Key) -> Option<String>) -> Result<Self> {
                let mut keys = KEYS.iter();
                $(let $name = read::<$type>(keys.next().copied(), &text_of)?;)+
                Ok(Self { $($name,)+ })
            }
        }
    };
}

settings! {
    /// Address of the dashboard and the API.
    listen: SocketAddr = "127.0.0.1:3000";
    /// Address at which functions are called.
    gateway_listen: SocketAddr = "127.0.0.1:3001";
    /// Address of the embedded Kubernetes API, for kubectl.
    cluster_listen: SocketAddr = "127.0.0.1:3002";
    /// Folder for everything that has to survive a restart.
    data_dir: PathBuf = "./data";
    /// Rows: `sqlite:<path>` or `postgres://user@host/database`; empty: a file in the data folder.
    database_url: Text = "";
    /// Events in motion: `embedded`, or RabbitMQ: `amqp://user:password@host:5672/vhost`, `amqps://…` for TLS.
    bus_url: Text = "embedded";
    /// The cluster: `embedded`.
    cluster: Text = "embedded";
    /// Uploads: `file:<folder>`, `s3://<bucket>/<folder>?region=…&endpoint=…&access_key=…&secret_key=…` or `gs://<bucket>/<folder>?service_account=<file>`; empty: a folder in the data folder.
    storage_url: Text = "";
    /// Images: `layout:<folder>`; empty: a folder in the data folder.
    registry: Text = "";
    /// Hosts and networks that sources may be fetched from although they are not in the open internet, separated by commas: `git.corp.example`, `*.corp.example:8443`, `10.1.0.0/16`; without a port the usual ones.
    source_allow: egress::Allowed = "";
    /// TCP ports that functions may connect to, with commas between them. Those on which the platform itself listens are left out.
    function_connect_ports: Ports = "80,443";
    /// A PEM file with authorities that sources may be signed by beside those of this machine.
    ca_file: Text = "";
    /// What people type to reach the dashboard, when it is not the address above: `https://lambda.example.org`.
    public_url: Text = "";
    /// What people put before `<tenant>/<function>/` to call a function, when it is not the gateway's address.
    gateway_url: Text = "";
    /// Domain below which every function has a host of its own: `<function>.<tenant>.<domain>`.
    gateway_domain: Text = "fn.localhost";
    /// The identity provider (OpenID Connect) that people sign in with: `https://id.example.org`; empty: local links.
    oidc_issuer: Text = "";
    /// This platform's name at the identity provider.
    oidc_client_id: Text = "";
    /// Its secret there; empty: a public client. Better as KL_OIDC_CLIENT_SECRET_FILE.
    oidc_client_secret: Secret = "";
    /// Where in the identity token the groups of a person stand; dots go deeper: `realm_access.roles`.
    oidc_groups_claim: Text = "groups";
    /// Groups, with commas between them, whose members administer the platform; nobody else does.
    oidc_admin_groups: Text = "";
    /// What is asked of the identity provider.
    oidc_scopes: Text = "openid profile email";
    /// Builds at once per tenant; the rest queue.
    concurrent_builds: usize = "5";
    /// Days that events stay in the timeline; 0 keeps them for ever.
    keep_events_days: u32 = "30";
    /// Days that the figures of calls are kept; 0 keeps them for ever.
    keep_calls_days: u32 = "30";
    /// Days that the log of a finished build can be read; 0 keeps it for ever.
    keep_build_logs_days: u32 = "30";
    /// Hours that an image is kept which no function and no revision uses; 0 keeps it for ever.
    keep_unused_images_hours: u32 = "24";
    /// MiB that installed dependencies may take on disk, of all tenants together; those not used for the longest time go first. 0 keeps them for ever.
    dependency_cache_mib: u32 = "5120";
    /// Requests per minute that one user may make.
    requests_per_minute: u32 = "1000";
    /// Live streams and followed logs that one session or token may have open.
    streams_per_session: usize = "100";
    /// Live streams and followed logs of everyone together.
    streams: usize = "5000";
    /// Allows addresses that other machines reach although sign-in is by local links only, or the sandbox is not complete.
    allow_public_listen: bool = "false";
    /// What is logged: `error`, `warn`, `info`, `debug`, or directives such as `info,operator=debug`.
    log: Text = "info";
    /// Threads that serve requests.
    worker_threads: usize = "2";
}

fn read<T>(key: Option<Key>, text_of: &impl Fn(&Key) -> Option<String>) -> Result<T>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let Some(key) = key else { return Err(Error::Config("the list of keys is damaged".to_owned())) };
    let text = text_of(&key).unwrap_or_else(|| key.default.to_owned());
    text.trim().parse().map_err(|error| {
        Error::Config(format!("{} has the value \"{text}\", which can not be read: {error}.", key.variable()))
    })
}

impl Config {
    /// From the command line's `flags`, the `KL_*` variables and the TOML file.
    pub fn load(flags: &BTreeMap<String, String>) -> Result<Self> {
        let variables: BTreeMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("KL_"))
            .collect();
        let path = flags.get("config").or_else(|| variables.get("KL_CONFIG"));
        let file = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Error::Config(format!("The configuration file {path} can not be read: {error}."))
            })?,
        };
        Self::layered(flags, &variables, &file)
    }

    /// The layers as values, so that tests need no environment.
    fn layered(
        flags: &BTreeMap<String, String>,
        variables: &BTreeMap<String, String>,
        file: &str,
    ) -> Result<Self> {
        let file: toml::Table = file
            .parse()
            .map_err(|error| Error::Config(format!("The configuration file is not valid TOML: {error}")))?;
        if let Some(name) = file.keys().find(|name| !is_key(name)) {
            return Err(Error::Config(format!(
                "The configuration file has the unknown key \"{name}\"{}",
                hint(name)
            )));
        }
        let known = |variable: &str| {
            let name = variable.strip_prefix("KL_").unwrap_or(variable).to_lowercase();
            name == "config" || is_key(&name) || name.strip_suffix("_file").is_some_and(is_key)
        };
        if let Some(name) = variables.keys().find(|name| !known(name)) {
            return Err(Error::Config(format!("The variable {name} is not known{}", hint(name))));
        }
        // `KL_<KEY>_FILE` names a file with the value, so that secrets need not be in the environment.
        let mut from_files = BTreeMap::new();
        for key in KEYS {
            if let Some(path) = variables.get(&format!("{}_FILE", key.variable())) {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Error::Config(format!("The file {path} of {} can not be read: {error}.", key.variable()))
                })?;
                from_files.insert(key.name, text.trim_end().to_owned());
            }
        }
        Self::collect(|key| {
            let in_file = file.get(key.name).map(|value| match value {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            flags
                .get(key.name)
                .cloned()
                .or_else(|| variables.get(&key.variable()).cloned())
                .or_else(|| from_files.get(key.name).cloned())
                .or(in_file)
        })
    }

    /// What people type to reach the dashboard, without a slash at the end.
    pub fn public_url(&self) -> String {
        if self.public_url.is_empty() {
            return format!("http://{}", reachable(self.listen));
        }
        self.public_url.trim_end_matches('/').to_owned()
    }

    /// Whether people sign in with an identity provider.
    pub fn has_issuer(&self) -> bool {
        !self.oidc_issuer.is_empty()
    }

    /// What people put before `<tenant>/<function>/`, without a slash at the end.
    pub fn gateway_url(&self) -> String {
        if self.gateway_url.is_empty() {
            return format!("http://{}", reachable(self.gateway_listen));
        }
        self.gateway_url.trim_end_matches('/').to_owned()
    }
}

/// A variable of this process; only for what the platform itself sets for its own children.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::vars_os().find(|(found, _)| found == name).and_then(|(_, value)| value.into_string().ok())
}

/// Where programs of this machine are found: `PATH`, or the usual folders.
pub(crate) fn search_path() -> String {
    variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned())
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), address.port());
    }
    address
}

fn is_key(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}

/// The key that was probably meant.
fn hint(name: &str) -> String {
    let name = name.strip_prefix("KL_").unwrap_or(name).to_lowercase();
    let distance = |key: &Key| {
        let same = key.name.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        key.name.len().max(name.len()) - same
    };
    match KEYS.iter().min_by_key(|key| distance(key)) {
        Some(key) if distance(key) <= 4 => format!("; did you mean \"{}\"?", key.name),
        _ => "; `knative-lambda config` prints all keys.".to_owned(),
    }
}

/// The reference, as a TOML file with every key at its default.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration of knative-lambda.\n\
         # Every key can also be a flag (--data-dir) or a variable (KL_DATA_DIR); flags win over variables,\n\
         # variables over this file (--config, KL_CONFIG). KL_<KEY>_FILE names a file that holds the value.\n",
    );
    for key in KEYS {
        let quoted = !matches!(key.default, "true" | "false") && key.default.parse::<u64>().is_err();
        let value = if quoted { format!("\"{}\"", key.default) } else { key.default.to_owned() };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n#{}\n# {} = {value}\n", key.doc, key.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn flags_win_over_variables_and_variables_over_the_file() {
        let file = "listen = \"127.0.0.1:1\"\ngateway_listen = \"127.0.0.1:2\"\nworker_threads = 4\n";
        let variables = map(&[("KL_LISTEN", "127.0.0.1:3"), ("KL_DATA_DIR", "/x")]);
        let config = Config::layered(&map(&[("listen", "127.0.0.1:4")]), &variables, file).unwrap();
        assert_eq!((config.listen.port(), config.gateway_listen.port()), (4, 2));
        assert_eq!((config.worker_threads, config.cluster_listen.port()), (4, 3002));
        assert_eq!(config.data_dir, PathBuf::from("/x"));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_likely_one() {
        let error = Config::layered(&map(&[]), &map(&[]), "listn = 1").unwrap_err().to_string();
        assert!(error.contains("listn") && error.contains("listen"), "{error}");
        assert!(Config::layered(&map(&[]), &map(&[("KL_LISTENN", "x")]), "").is_err());
    }

    #[test]
    fn a_value_may_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "sqlite:/y\n").unwrap();
        let variables = map(&[("KL_DATABASE_URL_FILE", path.to_str().unwrap())]);
        assert_eq!(Config::layered(&map(&[]), &variables, "").unwrap().database_url, "sqlite:/y");
    }

    #[test]
    fn the_reference_reads_back_as_the_defaults() {
        let uncommented: String = reference()
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")))
            .filter(|line| !line.contains("KL_"))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = Config::layered(&map(&[]), &map(&[]), &uncommented).unwrap();
        assert_eq!(config.listen.port(), 3000);
    }
}
