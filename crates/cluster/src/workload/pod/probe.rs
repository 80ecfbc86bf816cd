//! Probes: whether a container is up, may be sent requests, and still lives.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use sandbox::{Launcher, Spec};
use tokio::sync::mpsc;

use super::run::Message;

/// How often a container that is just starting is asked: a cold start must not wait for the next turn. The timer adds
/// up to a millisecond.
const EAGER: Duration = Duration::from_micros(100);
/// The longest pause between two questions to a container that has not been ready yet.
const PATIENT: Duration = Duration::from_millis(100);

/// What probes find out.
#[derive(Debug)]
pub(super) enum Finding {
    Started,
    Ready(bool),
    /// A failed attempt, for an Event. `probe` is `Readiness`, `Liveness` or `Startup`.
    Unhealthy {
        probe: &'static str,
        message: String,
    },
    /// The container has to be restarted.
    Dead {
        probe: &'static str,
    },
}

/// The questions that are asked of one run of a container.
pub(super) struct Prober {
    pub(super) container: Container,
    /// The port that stands for the container's own.
    pub(super) port: u16,
    pub(super) launcher: Launcher,
    /// What the container runs as, for commands that are run beside it.
    pub(super) spec: Spec,
    pub(super) teller: Teller,
}

/// Takes findings to the worker.
pub(super) struct Teller {
    pub(super) messages: mpsc::Sender<Message>,
    pub(super) container: usize,
    pub(super) run: i32,
}

impl Teller {
    async fn tell(&self, finding: Finding) {
        let message = Message::Found { container: self.container, run: self.run, finding };
        // A worker that is gone needs to know nothing.
        let _ = self.messages.send(message).await;
    }
}

impl Prober {
    /// Asks until dropped.
    pub(super) async fn run(self) {
        if let Some(probe) = &self.container.startup_probe
            && !self.until_started(probe).await
        {
            return;
        }
        self.teller.tell(Finding::Started).await;
        let readiness = async {
            match &self.container.readiness_probe {
                Some(probe) => self.readiness(probe).await,
                None => self.teller.tell(Finding::Ready(true)).await,
            }
        };
        let liveness = async {
            if let Some(probe) = &self.container.liveness_probe {
                self.liveness(probe).await;
            }
        };
        tokio::join!(readiness, liveness);
    }

    /// False when the container took too long.
    async fn until_started(&self, probe: &Probe) -> bool {
        sleep(seconds(probe.initial_delay_seconds, 0)).await;
        let allowed = seconds(probe.period_seconds, 10) * probe.failure_threshold.unwrap_or(3).max(1) as u32;
        let end = Instant::now() + allowed;
        match self.first_success(probe, Some(end)).await {
            Ok(()) => true,
            Err(message) => {
                self.teller.tell(Finding::Unhealthy { probe: "Startup", message }).await;
                self.teller.tell(Finding::Dead { probe: "startup" }).await;
                false
            }
        }
    }

    async fn readiness(&self, probe: &Probe) {
        sleep(seconds(probe.initial_delay_seconds, 0)).await;
        // Without an end this gives back a success.
        let _ = self.first_success(probe, None).await;
        self.teller.tell(Finding::Ready(true)).await;
        let (mut ready, mut failures, mut successes) = (true, 0, 0);
        loop {
            sleep(seconds(probe.period_seconds, 10)).await;
            match self.ask(probe).await {
                Ok(()) => (failures, successes) = (0, successes + 1),
                Err(message) => {
                    (failures, successes) = (failures + 1, 0);
                    let message = format!("Readiness probe failed: {message}");
                    self.teller.tell(Finding::Unhealthy { probe: "Readiness", message }).await;
                }
            }
            let now = if ready {
                failures < probe.failure_threshold.unwrap_or(3)
            } else {
                successes >= probe.success_threshold.unwrap_or(1)
            };
            if now != ready {
                ready = now;
                self.teller.tell(Finding::Ready(ready)).await;
            }
        }
    }

    async fn liveness(&self, probe: &Probe) {
        sleep(seconds(probe.initial_delay_seconds, 0)).await;
        let mut failures = 0;
        loop {
            sleep(seconds(probe.period_seconds, 10)).await;
            let Err(message) = self.ask(probe).await else {
                failures = 0;
                continue;
            };
            failures += 1;
            let message = format!("Liveness probe failed: {message}");
            self.teller.tell(Finding::Unhealthy { probe: "Liveness", message }).await;
            if failures >= probe.failure_threshold.unwrap_or(3) {
                self.teller.tell(Finding::Dead { probe: "liveness" }).await;
                return;
            }
        }
    }

    /// Asks quickly at first, then less often; the last failure when `end` has passed.
    async fn first_success(&self, probe: &Probe, end: Option<Instant>) -> Result<(), String> {
        let mut pause = EAGER;
        loop {
            let Err(message) = self.ask(probe).await else { return Ok(()) };
            if end.is_some_and(|end| Instant::now() >= end) {
                return Err(format!("Startup probe failed: {message}"));
            }
            sleep(pause).await;
            // Still below a millisecond when an interpreter has usually started.
            pause = (pause + pause / 24).min(PATIENT);
        }
    }

    async fn ask(&self, probe: &Probe) -> Result<(), String> {
        let limit = seconds(probe.timeout_seconds, 1);
        let asked = async {
            if let Some(get) = &probe.http_get {
                let path = get.path.as_deref().unwrap_or("/");
                let headers: Vec<(String, String)> = get
                    .http_headers
                    .iter()
                    .flatten()
                    .map(|header| (header.name.clone(), header.value.clone()))
                    .collect();
                self.http(self.port(&get.port), path, &headers).await
            } else if let Some(tcp) = &probe.tcp_socket {
                let port = self.port(&tcp.port);
                let connected = TcpStream::connect(("127.0.0.1", port)).await;
                connected.map(|_| ()).map_err(|error| format!("dial tcp 127.0.0.1:{port}: {error}"))
            } else if let Some(exec) = &probe.exec {
                self.exec(exec.command.as_deref().unwrap_or_default()).await
            } else {
                Ok(())
            }
        };
        timeout(limit, asked).await.unwrap_or_else(|_| Err("context deadline exceeded".into()))
    }

    /// A port that the container declares is the one that the Pod was given.
    fn port(&self, port: &IntOrString) -> u16 {
        let declared = self.container.ports.as_deref().unwrap_or_default();
        match port {
            IntOrString::Int(number) if declared.iter().any(|own| own.container_port == *number) => self.port,
            IntOrString::Int(number) => (*number).try_into().unwrap_or(self.port),
            IntOrString::String(_) => self.port,
        }
    }

    async fn http(&self, port: u16, path: &str, headers: &[(String, String)]) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("Get \"http://127.0.0.1:{port}{path}\": {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(failed)?;
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: kube-probe/1.36\r\nConnection: close\r\n"
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut answer = Vec::new();
        // The status line is enough.
        while answer.len() < 13 {
            if stream.read_buf(&mut answer).await.map_err(failed)? == 0 {
                break;
            }
        }
        let code = std::str::from_utf8(&answer)
            .ok()
            .and_then(|text| text.split(' ').nth(1)?.get(..3)?.parse::<u16>().ok());
        match code {
            Some(200..=399) => Ok(()),
            Some(code) => Err(format!("HTTP probe failed with statuscode: {code}")),
            None => Err("malformed HTTP answer".into()),
        }
    }

    async fn exec(&self, command: &[String]) -> Result<(), String> {
        let [program, args @ ..] = command else { return Ok(()) };
        let spec = Spec { command: program.clone(), args: args.to_vec(), ..self.spec.clone() };
        let mut running = self.launcher.spawn(spec).await.map_err(|error| error.to_string())?;
        let exit = running.wait().await;
        if exit.is_success() { Ok(()) } else { Err(format!("command ended with {}", exit.code())) }
    }
}

fn seconds(value: Option<i32>, default: u64) -> Duration {
    Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(default))
}
