//! A process that was started, until its end.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::cgroup::Group;
use crate::child::KILL_ALL;
use crate::disk;
use crate::envelope::Report;
use crate::exit::Exit;
use crate::user::User;

/// A started process. Dropping it kills the process and all it started.
#[derive(Debug)]
pub struct Running {
    /// What it prints; take it and read it, or the process stops when the pipe is full.
    pub stdout: Option<ChildStdout>,
    /// The same for errors.
    pub stderr: Option<ChildStderr>,
    child: Child,
    control: Control,
    reports: Lines<BufReader<UnixStream>>,
    report: Option<Report>,
    group: Group,
    user: Option<User>,
    deadline: Option<Instant>,
    disk: Option<(u64, Vec<PathBuf>)>,
    killed_for: Option<Exit>,
}

pub(crate) struct Parts {
    pub(crate) child: Child,
    pub(crate) stream: UnixStream,
    pub(crate) group: Group,
    pub(crate) user: Option<User>,
    pub(crate) trusted: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) disk: Option<(u64, Vec<PathBuf>)>,
}

/// Sends signals to a process from elsewhere than where it is waited for.
#[derive(Clone, Debug)]
pub struct Control {
    pid: Pid,
    trusted: bool,
    ended: Arc<AtomicBool>,
}

impl Control {
    /// Asks the program: its main process gets the signal. Nothing happens after its end.
    pub fn signal(&self, signal: Signal) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        // The supervisor passes it on; it has ended only if the process has.
        let _ = kill(self.pid, signal);
    }

    /// Kills the program and everything it started.
    pub fn kill(&self) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        let _ = if self.trusted {
            killpg(self.pid, Signal::SIGKILL).or_else(|_| kill(self.pid, Signal::SIGKILL))
        } else {
            kill(self.pid, KILL_ALL)
        };
    }
}

impl Drop for Running {
    /// The supervisor takes the rest along, which the kernel alone would not do everywhere.
    fn drop(&mut self) {
        self.control.kill();
    }
}

impl Running {
    pub(crate) fn new(mut parts: Parts) -> Self {
        let pid = Pid::from_raw(parts.child.id().unwrap_or_default() as i32);
        Self {
            stdout: parts.child.stdout.take(),
            stderr: parts.child.stderr.take(),
            child: parts.child,
            control: Control { pid, trusted: parts.trusted, ended: Arc::default() },
            reports: BufReader::new(parts.stream).lines(),
            report: None,
            group: parts.group,
            user: parts.user,
            deadline: parts.timeout.map(|timeout| Instant::now() + timeout),
            disk: parts.disk,
            killed_for: None,
        }
    }

    /// The process id of the supervisor (of the program itself when it is trusted), for logs.
    pub fn pid(&self) -> i32 {
        self.control.pid.as_raw()
    }

    /// The user the process runs as, when the platform is root and the spec named none.
    pub fn user(&self) -> Option<u32> {
        self.user.as_ref().map(User::id)
    }

    /// A handle for signals.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Bytes of memory in use by the process and its children, where control groups count them.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.group.memory_bytes()
    }

    /// Waits for the end, and brings it about when a limit is passed. May be cancelled and called
    /// again.
    pub async fn wait(&mut self) -> Exit {
        let mut look = interval(Duration::from_millis(500));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let status = loop {
            let far = Instant::now() + Duration::from_hours(24);
            tokio::select! {
                status = self.child.wait() => break status,
                () = sleep_until(self.deadline.unwrap_or(far)), if self.deadline.is_some() => {
                    self.deadline = None;
                    self.end_for(Exit::TimedOut);
                }
                _ = look.tick(), if self.disk.is_some() => self.look_at_disk().await,
            }
        };
        self.control.ended.store(true, Ordering::Release);
        // What a dead process has sent is there; the end of it, too.
        while let Some(report) = self.next_report().await {
            self.report = Some(report);
        }
        let exit = self.exit_of(status);
        if self.control.trusted {
            // What it left behind in its process group.
            let _ = killpg(self.control.pid, Signal::SIGKILL);
        }
        exit
    }

    /// Waits until the sandbox has become the program. False when it could not: [`wait`](Self::wait)
    /// tells why. May be cancelled and called again.
    pub async fn started(&mut self) -> bool {
        match self.next_report().await {
            // The socket of a trusted program closes when it starts.
            None => self.control.trusted && self.report.is_none(),
            Some(Report::Started) => true,
            Some(report) => {
                self.report = Some(report);
                false
            }
        }
    }

    pub(crate) fn last_report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    async fn next_report(&mut self) -> Option<Report> {
        let line = self.reports.next_line().await.ok()??;
        serde_json::from_str(&line).ok()
    }

    fn end_for(&mut self, reason: Exit) {
        self.killed_for.get_or_insert(reason);
        self.control.kill();
    }

    async fn look_at_disk(&mut self) {
        let Some((limit, folders)) = self.disk.clone() else { return };
        let supervisor = self.pid();
        let used = tokio::task::spawn_blocking(move || disk::usage(&folders, supervisor)).await;
        if used.is_ok_and(|used| used > limit) {
            self.end_for(Exit::DiskFull);
        }
    }

    fn exit_of(&mut self, status: std::io::Result<ExitStatus>) -> Exit {
        let exit = match self.report.clone() {
            Some(Report::Exited(code)) => Exit::Code(code),
            Some(Report::Signaled(signal)) => Exit::Signal(signal),
            Some(Report::Failed { message }) => Exit::NotStarted { message },
            Some(Report::Probed { .. }) => Exit::Code(0),
            // The supervisor was killed, or the process is trusted and has none.
            None | Some(Report::Started) => match status {
                Ok(status) => match (status.code(), status.signal()) {
                    (Some(code), _) => Exit::Code(code),
                    (None, signal) => Exit::Signal(signal.unwrap_or(9)),
                },
                Err(error) => Exit::NotStarted { message: error.to_string() },
            },
        };
        if exit.is_success() {
            return exit;
        }
        match self.killed_for.take() {
            Some(reason) => reason,
            None if self.group.out_of_memory() => Exit::OutOfMemory,
            None => exit,
        }
    }
}
