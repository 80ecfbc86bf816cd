//! The last process before the program: pid 1 of its namespace. It takes everything away from
//! itself and then becomes the program.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_no_new_privs, set_pdeathsig};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, getppid, setgroups, setresgid, setresuid, setsid};

use super::filter::Filters;
use super::{Failure, context, descriptors, landlock, limits, owner, root};
use crate::envelope::{Envelope, Namespaces, Report};
use crate::spec::Isolation;

/// What was done before the program was known.
#[derive(Default)]
pub(super) struct Ahead {
    root: bool,
    filters: Option<Filters>,
}

impl Ahead {
    pub(super) fn furnish(namespaces: Namespaces) -> Result<Self, Failure> {
        if namespaces.mount {
            root::furnish(namespaces)?;
        }
        Ok(Self { root: namespaces.mount, filters: Some(Filters::compile()?) })
    }
}

pub(super) fn run(envelope: Envelope, ahead: Ahead) -> Result<Report, Failure> {
    let Envelope { namespaces, user, ref spec, .. } = envelope;
    die_with_parent()?;
    // In a process namespace the parent is outside and shows as 0.
    if !namespaces.pid && getppid().as_raw() != envelope.parent {
        return Err("the platform has ended".into());
    }
    descriptors::close_before_exec();
    let _ = setsid();
    enter(&envelope.cgroups)?;
    if spec.isolation == Isolation::Trusted {
        limits::apply(spec, false)?;
        return Err(become_program(&envelope));
    }
    if namespaces.mount {
        if !ahead.root {
            root::furnish(namespaces)?;
        }
        root::finish(&envelope)?;
    }
    limits::apply(spec, user.is_some() || namespaces.user)?;
    if namespaces.user {
        unshare(CloneFlags::CLONE_NEWUSER).map_err(context("cannot make a user namespace"))?;
        owner::map(envelope.owner, (0, 0))?;
        die_with_parent()?;
    }
    if let Some(id) = user {
        become_user(id)?;
        // Changing the user has cleared it.
        die_with_parent()?;
    }
    set_no_new_privs().map_err(context("cannot give up new privileges"))?;
    let landlock_abi = landlock::apply(spec, namespaces.mount)?;
    ahead.filters.map_or_else(Filters::compile, Ok)?.apply()?;
    if envelope.probe {
        return Ok(Report::Probed { landlock_abi, seccomp: Filters::are_on() });
    }
    Err(become_program(&envelope))
}

/// Joins control groups by their `cgroup.procs` files.
pub(super) fn enter(doors: &[PathBuf]) -> Result<(), Failure> {
    doors.iter().try_for_each(|door| fs::write(door, "0")).map_err(context("cannot enter the control group"))
}

fn die_with_parent() -> Result<(), Failure> {
    set_pdeathsig(Signal::SIGKILL).map_err(context("cannot follow the platform"))
}

fn become_user(id: u32) -> Result<(), Failure> {
    let failed = "cannot become an unprivileged user";
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    setgroups(&[]).map_err(context(failed))?;
    setresgid(gid, gid, gid).map_err(context(failed))?;
    setresuid(uid, uid, uid).map_err(context(failed))
}

/// Only returns when it failed.
fn become_program(envelope: &Envelope) -> Failure {
    let spec = &envelope.spec;
    umask(Mode::from_bits_truncate(0o022));
    let cwd = if spec.cwd.as_os_str().is_empty() { Path::new("/") } else { &spec.cwd };
    if let Err(error) = std::env::set_current_dir(cwd) {
        return format!("chdir to cwd (\"{}\"): {error}", cwd.display());
    }
    // Held back by the supervisor, whose mask comes along.
    let _ = SigSet::all().thread_unblock();
    let error =
        Command::new(&spec.command).args(&spec.args).env_clear().envs(&spec.env).stdin(Stdio::null()).exec();
    let by_path = spec.command.contains('/');
    match error.kind() {
        ErrorKind::NotFound if by_path => {
            format!("exec: \"{}\": stat {}: no such file or directory", spec.command, spec.command)
        }
        ErrorKind::NotFound => format!("exec: \"{}\": executable file not found in $PATH", spec.command),
        ErrorKind::PermissionDenied => format!("exec: \"{}\": permission denied", spec.command),
        _ => format!("exec: \"{}\": {error}", spec.command),
    }
}
