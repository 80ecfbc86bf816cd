//! The parent's side: turns a spec into a running process.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::process::Command;

use crate::capabilities::{Capabilities, MemoryLimit};
use crate::cgroup::Cgroups;
use crate::envelope::{self, Envelope, Namespaces, Report, Stage};
use crate::error::Error;
use crate::running::{Parts, Running};
use crate::spawner;
use crate::spec::{Isolation, Limits, Network, Spec};
use crate::user::{self, User, Users};

/// Starts sandboxed processes. Cheap to clone; make one per platform.
#[derive(Clone, Debug)]
pub struct Launcher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    args: Vec<OsString>,
    capabilities: Capabilities,
    cgroups: Cgroups,
    users: Users,
}

impl Launcher {
    /// `program args…` must do nothing but call [`child_main`](crate::child_main). Finds out, by a
    /// few short processes, what the kernel offers.
    pub async fn new<P, A, I>(program: P, args: I) -> Self
    where
        P: Into<PathBuf>,
        A: Into<OsString>,
        I: IntoIterator<Item = A>,
    {
        let mut inner = Inner {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            capabilities: Capabilities {
                namespaces: Namespaces::default(),
                landlock_abi: 0,
                memory: MemoryLimit::Rlimit,
                own_user: nix::unistd::geteuid().is_root(),
                seccomp: true,
            },
            cgroups: Cgroups::find(),
            users: Users::default(),
        };
        inner.capabilities.memory = match inner.cgroups.version() {
            Some(2) => MemoryLimit::CgroupV2,
            Some(_) => MemoryLimit::CgroupV1,
            None => MemoryLimit::Rlimit,
        };
        for namespaces in choices(inner.capabilities.own_user) {
            if let Some(landlock_abi) = inner.probe(namespaces).await {
                inner.capabilities.namespaces = namespaces;
                inner.capabilities.landlock_abi = landlock_abi;
                break;
            }
        }
        Self { inner: Arc::new(inner) }
    }

    /// What was found on this machine.
    pub fn capabilities(&self) -> &Capabilities {
        &self.inner.capabilities
    }

    /// A user for several processes that share folders, for [`Spec::user`]; none when the platform is
    /// no root. It is handed out again when the answer is dropped.
    pub fn reserve_user(&self) -> Option<User> {
        self.inner.capabilities.own_user.then(|| self.inner.users.take())
    }

    /// Starts the process. Its output is in [`Running::stdout`] and [`Running::stderr`]; dropping
    /// the answer kills it.
    pub async fn spawn(&self, spec: Spec) -> Result<Running, Error> {
        self.inner.spawn(spec, self.inner.capabilities.namespaces, false).await
    }
}

/// What to try, best first.
fn choices(root: bool) -> Vec<Namespaces> {
    let with = |user, mount, pid| Namespaces { user, mount, pid };
    let mut choices = vec![with(true, true, true), with(true, true, false), with(false, false, false)];
    if root {
        choices.insert(0, with(false, true, true));
    }
    choices
}

impl Inner {
    /// Landlock's version if a sandbox with these namespaces can be made.
    async fn probe(&self, namespaces: Namespaces) -> Option<i32> {
        let spec = Spec {
            network: Network::Ports { connect: vec![443], bind: vec![8080] },
            timeout: Some(std::time::Duration::from_secs(5)),
            ..Spec::default()
        };
        let mut running = match self.spawn(spec, namespaces, true).await {
            Ok(running) => running,
            Err(error) => {
                tracing::warn!(%error, ?namespaces, "a sandbox cannot be tried");
                return None;
            }
        };
        let exit = running.wait().await;
        match running.last_report() {
            Some(Report::Probed { landlock_abi }) => Some(*landlock_abi),
            _ => {
                tracing::debug!(?exit, ?namespaces, "this kind of sandbox cannot be made here");
                None
            }
        }
    }

    async fn spawn(&self, mut spec: Spec, namespaces: Namespaces, probe: bool) -> Result<Running, Error> {
        let trusted = spec.isolation == Isolation::Trusted;
        let user = (self.capabilities.own_user && !trusted && spec.user.is_none()).then(|| self.users.take());
        let id = spec.user.or(user.as_ref().map(User::id)).filter(|_| self.capabilities.own_user && !trusted);
        prepare(&mut spec, id)?;
        let group = self.cgroups.create(&self.limits(&spec.limits));
        let disk = spec.limits.disk_bytes.map(|bytes| (bytes, writable_folders(&spec)));
        let timeout = spec.timeout;
        let envelope = Envelope {
            stage: if trusted { Stage::Init } else { Stage::Supervisor },
            parent: std::process::id() as i32,
            namespaces: if trusted { Namespaces::default() } else { namespaces },
            cgroups: group.doors(),
            user: id,
            owner: (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw()),
            probe,
            spec,
        };
        let line = envelope::line(&envelope).map_err(Error::HandOver)?;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(Error::HandOver)?;
        ours.set_nonblocking(true).map_err(Error::HandOver)?;
        let mut stream = UnixStream::from_std(ours).map_err(Error::HandOver)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = spawner::spawn(command).await.map_err(Error::Spawn)?;
        // A child that has ended already is noticed by whoever waits for it.
        if stream.write_all(&line).await.is_ok() {
            let _ = stream.shutdown().await;
        }
        Ok(Running::new(Parts { child, stream, group, user, trusted, timeout, disk }))
    }

    fn limits(&self, limits: &Limits) -> Limits {
        // With a user of its own the process limit is a resource limit, and the group need not be
        // asked at every fork.
        Limits { processes: limits.processes.filter(|_| !self.capabilities.own_user), ..limits.clone() }
    }
}

fn writable_folders(spec: &Spec) -> Vec<PathBuf> {
    let binds = spec.binds.iter().filter(|bind| bind.writable).map(|bind| bind.host.clone());
    spec.writable.iter().cloned().chain(binds).collect()
}

/// Resolves the paths and gives the writable folders to the sandbox's user.
fn prepare(spec: &mut Spec, user: Option<u32>) -> Result<(), Error> {
    let failed = |path: &Path, cause| Error::Folder { path: path.display().to_string(), cause };
    for folder in &mut spec.writable {
        *folder = folder.canonicalize().map_err(|cause| failed(folder, cause))?;
        if let Some(id) = user {
            user::give(folder, id).map_err(|cause| failed(folder, cause))?;
        }
    }
    for bind in &mut spec.binds {
        bind.host = bind.host.canonicalize().map_err(|cause| failed(&bind.host, cause))?;
        if let (Some(id), true) = (user, bind.writable) {
            user::give(&bind.host, id).map_err(|cause| failed(&bind.host, cause))?;
        }
    }
    spec.read_only = spec.read_only.iter().filter_map(|path| path.canonicalize().ok()).collect();
    for (name, value) in [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8")] {
        spec.env.entry(name.into()).or_insert_with(|| value.into());
    }
    Ok(())
}
