//! The process between the platform and the program: makes the namespaces, waits, passes signals
//! on, and takes everything along when the platform dies.

use std::fs;
use std::io::{BufReader, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_child_subreaper, set_pdeathsig};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid, setsid};

use super::disposition::Disposition;
use super::{Failure, KILL_ALL, context, descriptors, owner, tell};
use crate::envelope::{self, Envelope, Namespaces, Order, Preparation, Report, Stage};

/// `given`: the program, if it is known already; else it is waited for when all is ready for it.
pub(super) fn run(
    preparation: Preparation,
    given: Option<Box<Envelope>>,
    platform: &mut BufReader<UnixStream>,
) -> Result<Report, Failure> {
    let signals = SigSet::all();
    signals.thread_block().map_err(context("cannot hold signals back"))?;
    set_pdeathsig(KILL_ALL).map_err(context("cannot follow the platform"))?;
    if getppid().as_raw() != preparation.parent {
        return Err("the platform has ended".into());
    }
    let _ = setsid();
    let _ = set_child_subreaper(true);
    make_namespaces(preparation.namespaces, preparation.owner)?;
    let queue = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC);
    let queue = queue.map_err(context("cannot wait for signals"))?;
    let mut init = Init::start()?;
    let envelope = match given {
        Some(envelope) => *envelope,
        None => {
            if !preparation.cgroups.is_empty() {
                init.tell(&Order::Enter(preparation.cgroups))?;
            }
            init.tell(&Order::Furnish(preparation.namespaces))?;
            // A platform that has no use for us any more, or has died, closes the socket. Init notices ours.
            match envelope::next(platform).map_err(context("no program came"))? {
                Order::Run(envelope) => *envelope,
                _ => return Err("there is no program to run".into()),
            }
        }
    };
    let report = init.become_program(envelope)?;
    if report.is_none() {
        tell(platform.get_mut(), &Report::Started);
    }
    let end = wait(init.pid, &mut init.disposition, &queue);
    kill_the_rest();
    Ok(report.unwrap_or(end))
}

fn make_namespaces(namespaces: Namespaces, owner: (u32, u32)) -> Result<(), Failure> {
    if !namespaces.mount {
        return Ok(());
    }
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    flags.set(CloneFlags::CLONE_NEWPID, namespaces.pid);
    flags.set(CloneFlags::CLONE_NEWUSER, namespaces.user);
    unshare(flags).map_err(context("cannot make namespaces"))?;
    if namespaces.user {
        owner::map((0, 0), owner)?;
    }
    Ok(())
}

/// The process that becomes the program.
struct Init {
    pid: Pid,
    disposition: Disposition,
    stream: UnixStream,
}

impl Init {
    /// Starts it; it waits for its envelope.
    fn start() -> Result<Self, Failure> {
        let failed = "cannot start the process";
        let (stream, theirs) = UnixStream::pair().map_err(context(failed))?;
        descriptors::close_before_exec();
        let child = Command::new("/proc/self/exe")
            .args(std::env::args_os().skip(1))
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .map_err(context(failed))?;
        let disposition = Disposition::open(child.id());
        Ok(Self { pid: Pid::from_raw(child.id() as i32), disposition, stream })
    }

    /// A child that has ended already is noticed when its report is read.
    fn tell(&mut self, order: &Order) -> Result<(), Failure> {
        let line = envelope::line(order).map_err(context("cannot start the process"))?;
        let _ = self.stream.write_all(&line);
        Ok(())
    }

    /// Waits until it has become the program; else tells what it reports.
    fn become_program(&mut self, envelope: Envelope) -> Result<Option<Report>, Failure> {
        let inner = Envelope { stage: Stage::Init, parent: std::process::id() as i32, ..envelope };
        self.tell(&Order::Run(Box::new(inner)))?;
        let _ = self.stream.shutdown(Shutdown::Write);
        Ok(envelope::receive(&mut self.stream).ok())
    }
}

/// Returns when the program has ended.
fn wait(init: Pid, disposition: &mut Disposition, signals: &SignalFd) -> Report {
    let mut asked = None;
    loop {
        match (reap(init), asked) {
            (Some(Report::Signaled(KILLED)), Some(signal)) => return Report::Signaled(signal as i32),
            (Some(report), _) => return report,
            (None, _) => {}
        }
        let Ok(Some(info)) = signals.read_signal() else { continue };
        let Ok(signal) = Signal::try_from(info.ssi_signo as i32) else { continue };
        let passed_on = match signal {
            Signal::SIGCHLD => continue,
            KILL_ALL => {
                asked = None;
                Signal::SIGKILL
            }
            other if disposition.ends_by_default(other) => {
                asked = Some(other);
                Signal::SIGKILL
            }
            other => other,
        };
        let _ = kill(init, passed_on);
    }
}

const KILLED: i32 = Signal::SIGKILL as i32;

/// Collects the dead; tells how the program ended if it is among them.
fn reap(init: Pid) -> Option<Report> {
    let mut end = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == init => end = Some(Report::Exited(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == init => {
                end = Some(Report::Signaled(signal as i32));
            }
            Ok(WaitStatus::StillAlive) | Err(_) => return end,
            Ok(_) => {}
        }
    }
}

/// Without a process namespace, what the program left running has become our child.
fn kill_the_rest() {
    loop {
        let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let mut any = false;
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            any = true;
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        if !any || waitpid(None, None).is_err() {
            return;
        }
    }
}
