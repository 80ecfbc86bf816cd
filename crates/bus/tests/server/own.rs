//! A server of its own, for tests that stop it.

use std::process::Command;

use crate::server::{Addresses, run, script};

/// Ended when it is dropped.
pub(crate) struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let server = Self { folder: tempfile::tempdir().unwrap() };
        server.start_again();
        server
    }

    pub(crate) fn start_again(&self) -> Addresses {
        Addresses::read(&run(Command::new(script()).arg(self.folder.path())))
    }

    pub(crate) fn stop(&self) {
        run(Command::new(script()).arg("--stop").arg(self.folder.path()));
    }

    pub(crate) fn kill(&self) {
        run(Command::new(script()).arg("--kill").arg(self.folder.path()));
    }

    pub(crate) fn control(&self, arguments: &[&str]) -> String {
        run(Command::new(script()).arg("--ctl").arg(self.folder.path()).args(arguments))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        self.stop();
    }
}
