//! What only the tests of the server do: SQL past the store, cut connections, servers that stop.

use std::process::Command;

use crate::server::{Database, psql, run, script};

impl Database {
    pub(crate) fn run(&self, sql: &str) {
        psql(self.url(), sql);
    }

    /// The one value that a query gives.
    pub(crate) fn ask(&self, sql: &str) -> String {
        psql(self.url(), sql)
    }

    /// Ends all connections of the database, as a server does that is shut down.
    pub(crate) fn cut(&self) {
        let name = &self.name;
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        psql(&self.server, &sql);
    }
}

/// A server of its own; ended when it is dropped.
pub(crate) struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let server = Self { folder: tempfile::tempdir().unwrap() };
        // The server runs as its own user when the tests are root.
        std::fs::set_permissions(server.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        server.start_again();
        server
    }

    pub(crate) fn start_again(&self) {
        run(Command::new(script()).arg(self.folder.path()));
    }

    pub(crate) fn url(&self) -> String {
        run(Command::new(script()).arg(self.folder.path())).lines().last().unwrap().to_owned()
    }

    /// `fast` or `immediate`.
    pub(crate) fn stop(&self, how: &str) {
        run(Command::new(script()).arg("--stop").arg(self.folder.path()).arg(how));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop("immediate");
    }
}
