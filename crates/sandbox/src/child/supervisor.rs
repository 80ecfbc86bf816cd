//! The process between the platform and the program: makes the namespaces, waits, passes signals
//! on, and takes everything along when the platform dies.

use std::fs;
use std::io::Write;
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
use crate::envelope::{self, Envelope, Namespaces, Report, Stage};

pub(super) fn run(envelope: Envelope, platform: &mut UnixStream) -> Result<Report, Failure> {
    let signals = SigSet::all();
    signals.thread_block().map_err(context("cannot hold signals back"))?;
    set_pdeathsig(KILL_ALL).map_err(context("cannot follow the platform"))?;
    if getppid().as_raw() != envelope.parent {
        return Err("the platform has ended".into());
    }
    let _ = setsid();
    let _ = set_child_subreaper(true);
    make_namespaces(envelope.namespaces, envelope.owner)?;
    let queue = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC);
    let queue = queue.map_err(context("cannot wait for signals"))?;
    let inner = Envelope { stage: Stage::Init, parent: std::process::id() as i32, ..envelope };
    let (init, mut disposition, report) = start_init(&inner)?;
    if report.is_none() {
        tell(platform, &Report::Started);
    }
    let end = wait(init, &mut disposition, &queue);
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

/// Starts the process that becomes the program, and waits until it has; else tells what it reports.
fn start_init(envelope: &Envelope) -> Result<(Pid, Disposition, Option<Report>), Failure> {
    let failed = "cannot start the process";
    let (mut ours, theirs) = UnixStream::pair().map_err(context(failed))?;
    descriptors::close_before_exec();
    let child = Command::new("/proc/self/exe")
        .args(std::env::args_os().skip(1))
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .map_err(context(failed))?;
    let disposition = Disposition::open(child.id());
    let line = envelope::line(envelope).map_err(context(failed))?;
    // A child that has ended already is noticed below.
    let _ = ours.write_all(&line).and_then(|()| ours.shutdown(Shutdown::Write));
    Ok((Pid::from_raw(child.id() as i32), disposition, envelope::receive(&mut ours).ok()))
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
