//! The RabbitMQ of `setup/rabbitmq.sh`: a virtual host per test on the server that all tests share.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

pub(crate) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../setup/rabbitmq.sh")
}

pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where a server is found.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(crate) amqp: String,
    pub(crate) management: String,
    pub(crate) amqps: String,
    pub(crate) certificate: String,
}

impl Addresses {
    pub(crate) fn read(output: &str) -> Self {
        let line = output.lines().last().unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [amqp, management, amqps, certificate] = words.try_into().expect("four addresses");
        Self {
            amqp: amqp.to_owned(),
            management: management.to_owned(),
            amqps: amqps.to_owned(),
            certificate: certificate.to_owned(),
        }
    }

    /// A request to the management plug-in.
    pub(crate) fn manage(&self, method: &str, path: &str, body: &str) -> String {
        let url = format!("{}/api/{path}", self.management);
        run(Command::new("curl").args(["-sSf", "-m", "30", "-X", method, "-d", body, &url]))
    }
}

/// A new virtual host; gone when it is dropped.
pub(crate) struct VirtualHost {
    pub(crate) server: Addresses,
    pub(crate) name: String,
    url: String,
}

impl VirtualHost {
    pub(crate) fn new() -> Self {
        Self::on(Addresses::read(&run(&mut Command::new(script()))))
    }

    pub(crate) fn on(server: Addresses) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        server.manage("PUT", &format!("vhosts/{name}"), "{}");
        let url = format!("{}/{name}", server.amqp);
        Self { server, name, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        let url = format!("{}/api/vhosts/{}", self.server.management, self.name);
        // The server may be gone in tests that stop it.
        let _ = Command::new("curl").args(["-s", "-m", "30", "-X", "DELETE", &url]).status();
    }
}
