//! The child's side: everything between our own binary being executed and the user's program.

mod descriptors;
mod device;
mod etc;
mod filter;
mod init;
mod landlock;
mod limits;
mod mounts;
mod owner;
mod root;
mod supervisor;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use nix::sys::signal::Signal;

use crate::envelope::{self, Envelope, Report, Stage};

/// Tells a supervisor to kill everything below it, and is what the kernel sends it when the
/// platform dies. No program is ever sent this one for another reason.
pub(crate) const KILL_ALL: Signal = Signal::SIGPWR;

/// Why a child could not become the program; the text reaches the owner of the code.
pub(crate) type Failure = String;

/// Becomes the process that the parent described. Call it first thing in the hidden subcommand,
/// before any thread is started.
pub fn child_main() -> ! {
    let Ok(mut file) = own_copy_of_stdin() else {
        eprintln!("this command is started by the platform itself and is not for people");
        std::process::exit(2)
    };
    let Ok(envelope) = envelope::read::<Envelope>(&mut file) else {
        eprintln!("this command is started by the platform itself and is not for people");
        std::process::exit(2)
    };
    let report = match envelope.stage {
        Stage::Supervisor => supervisor::run(envelope),
        Stage::Init => init::run(envelope),
    };
    let report = report.unwrap_or_else(|message| Report::Failed { message });
    let code = match &report {
        Report::Exited(code) => *code,
        Report::Signaled(signal) => 128 + signal,
        Report::Failed { .. } => 128,
        Report::Probed { .. } => 0,
    };
    let _ = envelope::rewrite(&mut file, &report);
    std::process::exit(code)
}

fn own_copy_of_stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Puts what was tried before the cause.
fn context<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Failure {
    move |cause| format!("{what}: {cause}")
}
