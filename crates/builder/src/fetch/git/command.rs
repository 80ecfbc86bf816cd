//! Git itself: its settings, its credentials, and the one door it may go out by.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use domain::build::FailureCategory;
use egress::{Guard, Proxy};

use super::remote::Remote;
use super::words;
use crate::failure::{Failure, OrInternal, Result};
use crate::fetch::{Context, Credentials, authorities};
use crate::process::{Finished, Part, Program, Tools};

/// Git for one repository; its folder is the scratch folder.
pub(super) struct Git<'a> {
    tools: &'a Tools,
    credentials: &'a Credentials<'a>,
    remote: Remote,
    program: PathBuf,
    folder: &'a Path,
    env: BTreeMap<String, String>,
    connect: Vec<u16>,
    proxy: Option<Proxy>,
}

impl<'a> Git<'a> {
    pub(super) async fn prepare(
        remote: Remote,
        credentials: &'a Credentials<'a>,
        guard: Guard,
        tools: &'a Tools,
        context: &'a Context<'_>,
    ) -> Result<Self> {
        let settings = context.settings;
        let program = find(&settings.path).ok_or_else(|| {
            Failure::new(FailureCategory::Internal, "Git is not installed on this machine.")
        })?;
        let folder = context.scratch;
        let mut options = OPTIONS.map(|(key, value)| (key, value.to_owned())).to_vec();
        let (mut proxy, mut env) = (None, environment());
        let port = match &remote {
            Remote::Https { host, port, .. } => {
                let bundle = authorities::bundle(settings.ca_file.as_deref(), folder)?;
                let door = Proxy::start(guard).await.or_internal("The proxy for git cannot be started")?;
                options.push(("http.proxy", door.url()));
                options.push(("http.sslCAInfo", bundle.display().to_string()));
                if let Some(password) = credentials.get("password") {
                    let user = credentials.get("username").unwrap_or("git");
                    let line = format!("https://{}:{}@{host}:{port}\n", encoded(user), encoded(password));
                    // For the usual port git leaves it out when it asks.
                    let line = if *port == 443 { line.replace(":443\n", "\n") } else { line };
                    private(folder, "credentials", &line)?;
                    options.push(("credential.helper", "store --file=credentials".to_owned()));
                }
                env.insert("GIT_ALLOW_PROTOCOL".to_owned(), "https".to_owned());
                let port = door.port();
                proxy = Some(door);
                port
            }
            Remote::Ssh { host, port, .. } => {
                ssh(host, *port, credentials, &guard, folder).await?;
                for (name, value) in [
                    ("GIT_ALLOW_PROTOCOL", "ssh"),
                    ("GIT_SSH_VARIANT", "ssh"),
                    ("GIT_SSH_COMMAND", "ssh -F ssh_config"),
                ] {
                    env.insert(name.to_owned(), value.to_owned());
                }
                *port
            }
        };
        env.insert("GIT_CONFIG_COUNT".to_owned(), options.len().to_string());
        for (index, (key, value)) in options.into_iter().enumerate() {
            env.insert(format!("GIT_CONFIG_KEY_{index}"), key.to_owned());
            env.insert(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        Ok(Self { tools, credentials, remote, program, folder, env, connect: vec![port], proxy })
    }

    /// Fetches one commit. The server may be any, so its words decide whose fault it is.
    pub(super) async fn fetch(&self, reference: &str) -> Result<()> {
        let url = self.remote.url().to_owned();
        let args = ["fetch", "--quiet", "--depth=1", "--no-tags", "--", &url, reference];
        let finished = self.start(&args).await?;
        if finished.success {
            return Ok(());
        }
        if let Some(refused) = self.proxy.as_ref().and_then(Proxy::refusal) {
            return Err(Failure::new(FailureCategory::SourceDenied, format!("Not fetched: {refused}.")));
        }
        Err(words::failure(&self.credentials.redact(&finished.stderr), reference, self.credentials.name))
    }

    /// Its output; that it fails is our own fault.
    pub(super) async fn run(&self, args: &[&str]) -> Result<String> {
        let finished = self.start(args).await?;
        if finished.success {
            return Ok(finished.stdout);
        }
        let words = self.credentials.redact(finished.stderr.trim());
        Err(Failure::internal(&format!("git {} failed", args.first().unwrap_or(&"")), words))
    }

    /// Its output, or none when what it was asked for is not there.
    pub(super) async fn try_run(&self, args: &[&str]) -> Result<Option<String>> {
        let finished = self.start(args).await?;
        Ok(finished.success.then_some(finished.stdout))
    }

    async fn start(&self, args: &[&str]) -> Result<Finished> {
        let place = (args.first() != Some(&"init")).then_some("--git-dir=repository");
        let program = Program {
            command: &self.program,
            args: place.iter().chain(args).map(|arg| (*arg).to_owned()).collect(),
            env: self.env.clone(),
            read_only: Vec::new(),
            folder: self.folder,
            cwd: self.folder,
            connect: self.connect.clone(),
            part: Part::Source,
        };
        self.tools.run(program, None).await
    }
}

/// What a repository or its server could otherwise talk git into.
const OPTIONS: [(&str, &str); 12] = [
    ("core.hooksPath", "/dev/null"),
    ("core.attributesFile", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("credential.helper", ""),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("http.followRedirects", "initial"),
    ("http.proxyAuthMethod", "basic"),
    // A server that goes silent.
    ("http.lowSpeedLimit", "100"),
    ("http.lowSpeedTime", "60"),
    // Every command has another user.
    ("safe.directory", "*"),
];

fn environment() -> BTreeMap<String, String> {
    let set = [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "/bin/false"),
        ("LC_ALL", "C"),
    ];
    set.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The settings of ssh: the judged address, and no trust in a host that is not in the Secret.
async fn ssh(
    host: &str,
    port: u16,
    credentials: &Credentials<'_>,
    guard: &Guard,
    folder: &Path,
) -> Result<()> {
    let denied = |message: String| Failure::new(FailureCategory::SourceDenied, message);
    let (Some(key), Some(hosts)) = (credentials.get("ssh-privatekey"), credentials.get("known_hosts")) else {
        return Err(denied(
            "A repository behind ssh needs a Secret (spec.source.git.secretRef) with the keys ssh-privatekey and \
             known_hosts, the latter as ssh-keyscan prints it: without it nobody could tell whose server answers."
                .to_owned(),
        ));
    };
    let addresses = guard.addresses(host, port).await;
    let addresses = addresses.map_err(|refused| denied(format!("Not fetched: {refused}.")))?;
    let address = addresses.first().map(|address| address.ip().to_string()).unwrap_or_default();
    // As known_hosts writes it.
    let alias = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
    // ssh refuses a key without a last line end.
    private(folder, "key", &format!("{}\n", key.trim_end()))?;
    private(folder, "known_hosts", hosts)?;
    let config = format!(
        "Host *\n  HostName {address}\n  HostKeyAlias {alias}\n  IdentityFile key\n  IdentitiesOnly yes\n  BatchMode yes\n  \
         StrictHostKeyChecking yes\n  UserKnownHostsFile known_hosts\n  GlobalKnownHostsFile /dev/null\n  \
         ConnectTimeout 15\n  ServerAliveInterval 15\n  ForwardAgent no\n  ClearAllForwardings yes\n"
    );
    private(folder, "ssh_config", &config)
}

fn private(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    let written =
        fs::write(&path, text).and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)));
    written.or_internal("A temporary file cannot be written")
}

/// Every byte that is not a letter or digit as `%XX`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The program in the search path, in a place that the sandbox shows.
fn find(path: &str) -> Option<PathBuf> {
    let shown = |folder: &&Path| ["/usr", "/bin", "/nix/store"].iter().any(|shown| folder.starts_with(shown));
    path.split(':').map(Path::new).filter(shown).map(|folder| folder.join("git")).find(|file| file.is_file())
}
