//! What travels between launcher, supervisor and init: lines of JSON over a socket that is the
//! child's standard input, so that neither an argument list nor an environment shows it.
//!
//! The socket closes itself when a child becomes the program, which is how its parent knows.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::spec::Spec;

/// What a child is told first.
#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    /// To join these control groups (`cgroup.procs` files); another order follows. The first process in a while that
    /// changes its group waits for all processors to take notice, some ten milliseconds, so it is done ahead.
    Enter(Vec<PathBuf>),
    /// To furnish the private root and compile the filters as far as they are the same for all programs; another order
    /// follows.
    Furnish(Namespaces),
    /// To do what is the same for all programs; the envelope follows when there is a program.
    Prepare(Preparation),
    /// To become this program.
    Run(Box<Envelope>),
}

/// What a supervisor needs to know before it knows its program.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Preparation {
    /// The process that must be alive; a child that finds another parent ends at once.
    pub(crate) parent: i32,
    pub(crate) namespaces: Namespaces,
    /// `cgroup.procs` files that the program's process joins ahead.
    pub(crate) cgroups: Vec<PathBuf>,
    /// Uid and gid of the platform.
    pub(crate) owner: (u32, u32),
}

/// Everything a child has to know.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) stage: Stage,
    /// The process that must be alive; a child that finds another parent ends at once.
    pub(crate) parent: i32,
    pub(crate) namespaces: Namespaces,
    /// `cgroup.procs` files to join now; none for a process that has joined them ahead.
    pub(crate) cgroups: Vec<PathBuf>,
    /// Uid and gid to become; none when the platform is no root.
    pub(crate) user: Option<u32>,
    /// Uid and gid of the platform.
    pub(crate) owner: (u32, u32),
    /// Set everything up, report what the kernel offered, and run nothing.
    pub(crate) probe: bool,
    pub(crate) spec: Spec,
}

impl Envelope {
    /// Its part that is the same for all programs.
    pub(crate) fn preparation(&self) -> Preparation {
        let Self { parent, namespaces, owner, .. } = *self;
        Preparation { parent, namespaces, cgroups: Vec::new(), owner }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    Supervisor,
    Init,
}

/// Which namespaces this machine lets us make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Namespaces {
    pub(crate) user: bool,
    pub(crate) mount: bool,
    pub(crate) pid: bool,
}

/// What a child answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The program runs; another report follows.
    Started,
    Exited(i32),
    Signaled(i32),
    Failed {
        message: String,
    },
    Probed {
        landlock_abi: i32,
        /// The kernel says that system calls of the process are filtered.
        seccomp: bool,
    },
}

/// One message as a line.
pub(crate) fn line<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Reads the message that the other side sent before it closed its direction.
pub(crate) fn receive<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Reads the next message.
pub(crate) fn next<T: DeserializeOwned>(stream: &mut BufReader<UnixStream>) -> io::Result<T> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&line)?)
}
