//! Settings of the embedded Knative Serving.

use std::time::Duration;

/// What `server` may set; the defaults are those of Knative, apart from the two that fit one machine
/// better (they say so).
#[derive(Clone, Debug)]
pub struct Config {
    /// Domain below which functions are served: `<function>.<namespace>.<domain>`.
    pub domain: String,
    /// Port of the gateway, for the URLs in status; `None` or 80 leaves it out.
    pub gateway_port: Option<u16>,
    /// Stable window where no annotation sets one.
    pub stable_window: Duration,
    /// How long the last Pod stays after the decision for zero. Knative's 30 s are an upper bound for its
    /// activator to take over; here it is always in the path, so nothing is waited for.
    pub scale_to_zero_grace: Duration,
    /// Requests at once per Pod where neither annotation nor `containerConcurrency` says more.
    pub target_concurrency: f64,
    /// Share of the target that is used before another Pod starts, 0 to 1.
    pub target_utilization: f64,
    /// Pods of one Revision at most where no annotation sets it; 0 is without a limit. One machine is not
    /// a cluster, so there is a limit.
    pub max_scale: u32,
    /// How long a new Revision may take to become ready. Knative waits 600 s because images are pulled
    /// over a network; here they lie on the disk.
    pub progress_deadline: Duration,
    /// Requests of one Revision that may wait for a Pod; the next one is refused with 503.
    pub queue_depth: u32,
    /// Limit for a request whose Revision sets no `timeoutSeconds`.
    pub request_timeout: Duration,
    /// Names of cookies that functions must never see (the dashboard's session).
    pub private_cookies: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            domain: "fn.localhost".into(),
            gateway_port: Some(3001),
            stable_window: Duration::from_mins(1),
            scale_to_zero_grace: Duration::ZERO,
            target_concurrency: 100.0,
            target_utilization: 0.7,
            max_scale: 50,
            progress_deadline: Duration::from_mins(1),
            queue_depth: 1000,
            request_timeout: Duration::from_mins(5),
            private_cookies: Vec::new(),
        }
    }
}

impl Config {
    /// Address of a service, or of one of its tags.
    pub(super) fn url(&self, namespace: &str, service: &str, tag: Option<&str>) -> String {
        let host = match tag {
            Some(tag) => format!("{tag}-{service}.{namespace}.{}", self.domain),
            None => format!("{service}.{namespace}.{}", self.domain),
        };
        match self.gateway_port {
            Some(port) if port != 80 => format!("http://{host}:{port}"),
            _ => format!("http://{host}"),
        }
    }
}
