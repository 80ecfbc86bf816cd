//! A sandbox that is ready before there is a program for it: its two processes are started and its
//! namespaces made. Used once, for one program, like any other.

use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use std::os::fd::OwnedFd;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::cgroup::Group;
use crate::envelope::{self, Order};
use crate::error::Error;
use crate::spawner;

/// A child of ours that waits for orders. Dropped, it ends: its socket closes.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) child: Child,
    pub(crate) stream: UnixStream,
    /// The control groups that it has joined or is joining, without limits as yet.
    pub(crate) group: Group,
}

impl Waiting {
    pub(crate) async fn start(mut command: Command) -> Result<Self, Error> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(Error::HandOver)?;
        ours.set_nonblocking(true).map_err(Error::HandOver)?;
        let stream = UnixStream::from_std(ours).map_err(Error::HandOver)?;
        command
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = spawner::spawn(command).await.map_err(Error::Spawn)?;
        Ok(Self { child, stream, group: Group::default() })
    }

    /// Whoever waits for a child that has ended already notices it.
    pub(crate) async fn tell(&mut self, order: &Order) -> Result<(), Error> {
        let line = envelope::line(order).map_err(Error::HandOver)?;
        let _ = self.stream.write_all(&line).await;
        Ok(())
    }
}

/// Room for one that is prepared.
#[derive(Debug, Default)]
pub(crate) struct Prepared(Mutex<Option<Waiting>>);

impl Prepared {
    /// The one that waits, if it still does.
    pub(crate) fn take(&self) -> Option<Waiting> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        matches!(waiting.child.try_wait(), Ok(None)).then_some(waiting)
    }

    pub(crate) fn put(&self, waiting: Waiting) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}
