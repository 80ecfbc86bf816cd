//! The parent's side: turns a spec into a running process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::process::Command;

use crate::capabilities::{Capabilities, MemoryLimit};
use crate::cgroup::{Cgroups, Group};
use crate::envelope::{Envelope, Namespaces, Order, Preparation, Report, Stage};
use crate::error::Error;
use crate::prepared::{Prepared, Waiting};
use crate::running::{Parts, Running};
use crate::spec::{Isolation, Limits, Network, Spec};
use crate::user::{self, User, Users};

/// How long after a start the next sandbox is prepared.
const AFTER_A_START: Duration = Duration::from_millis(150);

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
    prepared: Prepared,
    /// A child that was only started, for the next trusted program.
    started: Prepared,
    /// A sandbox that is taken is replaced.
    keeps_prepared: AtomicBool,
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
        let unknown = Capabilities {
            namespaces: Namespaces::default(),
            landlock_abi: 0,
            memory: MemoryLimit::Rlimit,
            own_user: nix::unistd::geteuid().is_root(),
            seccomp: false,
        };
        let mut inner = Inner::new(program.into(), args, unknown);
        for namespaces in choices(inner.capabilities.own_user) {
            if let Some((landlock_abi, seccomp)) = inner.probe(namespaces).await {
                inner.capabilities.namespaces = namespaces;
                inner.capabilities.landlock_abi = landlock_abi;
                inner.capabilities.seccomp = seccomp;
                break;
            }
        }
        Self { inner: Arc::new(inner) }
    }

    /// The same without finding out: `capabilities` are those of a launcher of the same user on the same
    /// machine, such as the one that started this process.
    pub fn told<P, A, I>(program: P, args: I, capabilities: Capabilities) -> Self
    where
        P: Into<PathBuf>,
        A: Into<OsString>,
        I: IntoIterator<Item = A>,
    {
        Self { inner: Arc::new(Inner::new(program.into(), args, capabilities)) }
    }

    /// Makes a sandbox ready for the next program, so that its start need not wait for that. What can
    /// not be prepared is made when it is needed.
    pub async fn prepare(&self) {
        self.inner.prepare().await;
    }

    /// From now on one sandbox is always ready, and one process for a trusted program.
    pub async fn keep_prepared(&self) {
        self.inner.keeps_prepared.store(true, Ordering::Release);
        self.inner.prepare().await;
        self.inner.prepare_trusted().await;
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
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends by itself, and what it makes goes with the launcher"
    )]
    pub async fn spawn(&self, spec: Spec) -> Result<Running, Error> {
        let running = self.inner.spawn(spec, self.inner.capabilities.namespaces, false).await;
        if self.inner.keeps_prepared.load(Ordering::Acquire) {
            let inner = self.inner.clone();
            tokio::spawn(async move {
                // The program that starts now goes first.
                tokio::time::sleep(AFTER_A_START).await;
                inner.prepare().await;
                inner.prepare_trusted().await;
            });
        }
        running
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
    fn new<A, I>(program: PathBuf, args: I, mut capabilities: Capabilities) -> Self
    where
        A: Into<OsString>,
        I: IntoIterator<Item = A>,
    {
        let cgroups = Cgroups::find();
        capabilities.memory = match cgroups.version().filter(|_| cgroups.limits_memory()) {
            Some(2) => MemoryLimit::CgroupV2,
            Some(_) => MemoryLimit::CgroupV1,
            None => MemoryLimit::Rlimit,
        };
        Self {
            program,
            args: args.into_iter().map(Into::into).collect(),
            capabilities,
            cgroups,
            users: Users::default(),
            prepared: Prepared::default(),
            started: Prepared::default(),
            keeps_prepared: AtomicBool::new(false),
        }
    }

    async fn prepare(&self) {
        if !self.prepared.is_empty() {
            return;
        }
        let order = |group: &Group| {
            Order::Prepare(Preparation {
                parent: std::process::id() as i32,
                namespaces: self.capabilities.namespaces,
                cgroups: group.doors(),
                owner: owner(),
            })
        };
        match self.start_ahead(order).await {
            Ok(waiting) => self.prepared.put(waiting),
            Err(error) => tracing::debug!(%error, "no sandbox could be prepared"),
        }
    }

    async fn prepare_trusted(&self) {
        if !self.started.is_empty() {
            return;
        }
        match self.start_ahead(|group| Order::Enter(group.doors())).await {
            Ok(waiting) => self.started.put(waiting),
            Err(error) => tracing::debug!(%error, "no process could be started ahead"),
        }
    }

    async fn start_ahead(&self, order: impl FnOnce(&Group) -> Order) -> Result<Waiting, Error> {
        let mut waiting = Waiting::start(self.command()).await?;
        waiting.group = self.cgroups.create_open();
        waiting.tell(&order(&waiting.group)).await?;
        Ok(waiting)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }

    /// Landlock's version, and whether calls are filtered, if a sandbox with these namespaces can be made.
    async fn probe(&self, namespaces: Namespaces) -> Option<(i32, bool)> {
        let spec = Spec {
            network: Network::Ports { connect: vec![443], bind: vec![8080] },
            timeout: Some(Duration::from_secs(5)),
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
            Some(Report::Probed { landlock_abi, seccomp }) => Some((*landlock_abi, *seccomp)),
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
        let limits = self.limits(&spec.limits);
        let prepared = match (probe, trusted) {
            (true, _) => None,
            (false, true) => self.started.take(),
            (false, false) => self.prepared.take(),
        };
        let ready = prepared.filter(|waiting| match waiting.group.limit(&limits) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, "a sandbox that was ready can not be limited");
                false
            }
        });
        let (mut waiting, cgroups) = match ready {
            // It has joined its groups.
            Some(waiting) => (waiting, Vec::new()),
            None => {
                let mut waiting = Waiting::start(self.command()).await?;
                waiting.group = self.cgroups.create(&limits);
                let doors = waiting.group.doors();
                (waiting, doors)
            }
        };
        let disk = spec.limits.disk_bytes.map(|bytes| (bytes, writable_folders(&spec)));
        let timeout = spec.timeout;
        let envelope = Envelope {
            stage: if trusted { Stage::Init } else { Stage::Supervisor },
            parent: std::process::id() as i32,
            namespaces: if trusted { Namespaces::default() } else { namespaces },
            cgroups,
            user: id,
            owner: owner(),
            probe,
            spec,
        };
        waiting.tell(&Order::Run(Box::new(envelope))).await?;
        let Waiting { child, stream, group } = waiting;
        Ok(Running::new(Parts { child, stream, group, user, trusted, timeout, disk }))
    }

    fn limits(&self, limits: &Limits) -> Limits {
        // With a user of its own the process limit is a resource limit, and the group need not be
        // asked at every fork.
        Limits { processes: limits.processes.filter(|_| !self.capabilities.own_user), ..limits.clone() }
    }
}

/// Uid and gid of the platform.
fn owner() -> (u32, u32) {
    (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw())
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
