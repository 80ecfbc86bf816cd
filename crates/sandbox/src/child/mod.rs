//! The child's side: everything between our own binary being executed and the user's program.

mod descriptors;
mod device;
mod disposition;
mod etc;
mod filter;
mod init;
mod landlock;
mod limits;
mod mounts;
mod owner;
mod root;
mod supervisor;

use std::io::{self, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use nix::sys::signal::Signal;

use crate::envelope::{self, Order, Report, Stage};
use init::Ahead;

/// Tells a supervisor to kill everything below it, and is what the kernel sends it when the
/// platform dies. No program is ever sent this one for another reason.
pub(crate) const KILL_ALL: Signal = Signal::SIGPWR;

/// Why a child could not become the program; the text reaches the owner of the code.
pub(crate) type Failure = String;

/// Becomes the process that the parent described. Call it first thing in the hidden subcommand,
/// before any thread is started.
pub fn child_main() -> ! {
    let Ok((mut parent, order)) = own_copy_of_stdin().and_then(|stream| {
        let mut parent = BufReader::new(stream);
        let order = envelope::next::<Order>(&mut parent)?;
        Ok((parent, order))
    }) else {
        eprintln!("this command is started by the platform itself and is not for people");
        std::process::exit(2)
    };
    let report = obey(order, &mut parent).unwrap_or_else(|message| Report::Failed { message });
    let code = match &report {
        Report::Exited(code) => *code,
        Report::Signaled(signal) => 128 + signal,
        Report::Failed { .. } => 128,
        Report::Probed { .. } | Report::Started => 0,
    };
    tell(parent.get_mut(), &report);
    std::process::exit(code)
}

fn obey(mut order: Order, parent: &mut BufReader<UnixStream>) -> Result<Report, Failure> {
    let mut ahead = Ahead::default();
    loop {
        match order {
            Order::Enter(doors) => init::enter(&doors)?,
            Order::Furnish(namespaces) => ahead = Ahead::furnish(namespaces)?,
            Order::Run(envelope) if envelope.stage == Stage::Init => return init::run(*envelope, ahead),
            Order::Run(envelope) => return supervisor::run(envelope.preparation(), Some(envelope), parent),
            Order::Prepare(preparation) => return supervisor::run(preparation, None, parent),
        }
        order = envelope::next(parent).map_err(context("no program came"))?;
    }
}

/// A parent that is gone needs to know nothing.
fn tell(parent: &mut UnixStream, report: &Report) {
    if let Ok(line) = envelope::line(report) {
        let _ = parent.write_all(&line);
    }
}

/// The copy closes itself when this process becomes another program.
fn own_copy_of_stdin() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Puts what was tried before the cause.
fn context<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Failure {
    move |cause| format!("{what}: {cause}")
}
