//! One request, from its arrival to the head of its answer.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::{Duration, Instant},
};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, header, uri::PathAndQuery};
use http_body::Body as _;
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use jiff::Timestamp;
use rand::Rng;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    backend::{Backend, Refusal},
    body::{Answer, Counted},
    call::{Observer, Outcome},
    connection::{SendError, Tasks, send},
    headers::{CORRELATION_ID, Caller, correlation_id, prepare_request, prepare_response, wants_upgrade},
    problem::Problem,
    record::{Arrival, Listener, Record, RequestBytes},
    table::{Table, Target},
    upgrade,
};
use crate::knative::Config;

/// How long a request looks for a Pod that takes its connection, where those that say they are ready do
/// not: right after a crash or a restart their word is out of date.
const LOOK: Duration = Duration::from_secs(10);

/// Sends requests to functions. Clones share everything.
#[derive(Clone)]
pub struct Activator {
    table: Arc<Table>,
    tasks: Tasks,
    listener: Listener,
    private_cookies: Arc<[String]>,
}

impl Activator {
    /// With an empty table, which the controllers fill.
    pub(crate) fn new(config: &Config, tracker: TaskTracker, shutdown: CancellationToken) -> Self {
        Self {
            table: Arc::default(),
            tasks: Tasks { tracker, shutdown },
            listener: Arc::new(OnceLock::new()),
            private_cookies: config.private_cookies.as_slice().into(),
        }
    }

    pub(in crate::knative) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Sets who is told of finished calls. Only the first one counts.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        if self.listener.set(observer).is_err() {
            tracing::error!("calls already have an observer");
        }
    }

    /// Calls a function from inside the platform. `name` is that of the Service, or `<tag>-<service>`.
    /// Never fails: refusals are problem responses. An answer of the function carries [`super::Facts`]
    /// as an extension.
    pub async fn handle(&self, request: Request<Body>, namespace: &str, name: &str) -> Response<Body> {
        let id = correlation_id(request.headers());
        match self.table.find(namespace, name) {
            Some(target) => {
                Box::pin(self.serve(request, namespace, &target, None, &Caller::default(), id)).await
            }
            None => refuse(&Problem::no_such_function(name, namespace), &id),
        }
    }

    /// Calls a function for somebody outside; `path` replaces that of the request.
    pub(in crate::knative) async fn handle_outside(
        &self,
        request: Request<Body>,
        namespace: &str,
        name: &str,
        path: Option<PathAndQuery>,
        prefix: Option<&str>,
    ) -> Response<Body> {
        let id = correlation_id(request.headers());
        let address =
            request.extensions().get::<axum::extract::ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let caller = Caller { address, prefix };
        match self.table.find(namespace, name).filter(|target| !target.local) {
            Some(target) => Box::pin(self.serve(request, namespace, &target, path, &caller, id)).await,
            None => refuse(&Problem::no_such_function(name, namespace), &id),
        }
    }

    async fn serve(
        &self,
        request: Request<Body>,
        namespace: &str,
        target: &Target,
        path: Option<PathAndQuery>,
        caller: &Caller<'_>,
        id: Arc<str>,
    ) -> Response<Body> {
        let (mut request, mut record) = self.begin(request, namespace, target, path, id);
        let id = record.arrival.correlation_id.clone();
        let backend = match target.pick(|below| rand::rng().random_range(0..below)) {
            Ok(backend) => backend,
            Err(why) => return end(record, &Problem::not_ready(&target.service, why), Outcome::Refused),
        };
        record.revision = Some(backend.settings.revision.clone());
        record.flight = Some(backend.fly());
        let deadline = tokio::time::Instant::from_std(record.arrival.at) + backend.settings.timeout;
        prepare_request(request.headers_mut(), &id, caller, &self.private_cookies);
        let upgrading = wants_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));

        let answered = self.exchange(backend, request, &mut record, deadline).await;
        let (mut response, connection) = match answered {
            Ok(answered) => answered,
            Err((problem, outcome)) => return end(record, &problem, outcome),
        };
        record.status = response.status().as_u16();
        prepare_response(response.headers_mut(), &id, &self.private_cookies);
        if let Some(facts) = record.facts() {
            response.extensions_mut().insert(facts);
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS
            && let Some(caller_side) = upgrading
        {
            let function_side = hyper::upgrade::on(&mut response);
            self.tasks.spawn(upgrade::carry(caller_side, function_side, record));
            return response.map(|_| Body::empty());
        }
        response.map(|body| Body::new(Answer::new(body, connection, record, deadline)))
    }

    /// What arrives, made ready to be passed on.
    fn begin(
        &self,
        request: Request<Body>,
        namespace: &str,
        target: &Target,
        path: Option<PathAndQuery>,
        correlation_id: Arc<str>,
    ) -> (Request<Body>, Record) {
        let at = Instant::now();
        let (mut parts, mut body) = request.into_parts();
        let path =
            path.or_else(|| parts.uri.path_and_query().cloned()).unwrap_or(PathAndQuery::from_static("/"));
        // A call from within the platform has none, and HTTP/1.1 servers refuse a request without one.
        if !parts.headers.contains_key(header::HOST) {
            let host = parts.uri.authority().map_or(namespace, |authority| authority.as_str());
            if let Ok(host) = HeaderValue::from_str(host) {
                parts.headers.insert(header::HOST, host);
            }
        }
        let request_bytes = match body.size_hint().exact() {
            Some(bytes) => RequestBytes::Known(bytes),
            None => {
                let bytes = Arc::new(AtomicU64::new(0));
                body = Body::new(Counted::new(body, bytes.clone()));
                RequestBytes::Counted(bytes)
            }
        };
        let record = Record {
            arrival: Arrival {
                method: parts.method.clone(),
                path: path.path().to_owned(),
                request_bytes,
                correlation_id,
                tag: parts.extensions.remove(),
                started: Timestamp::now(),
                at,
            },
            namespace: namespace.into(),
            service: target.service.clone(),
            revision: None,
            lease: None,
            flight: None,
            cold_start: None,
            taken: None,
            status: 0,
            response_bytes: 0,
            listener: self.listener.clone(),
            finished: false,
        };
        parts.uri = Uri::from(path);
        parts.version = Version::HTTP_11;
        (Request::from_parts(parts, body), record)
    }

    /// Gets a Pod and its answer; another Pod where one takes no connection.
    async fn exchange(
        &self,
        backend: &Arc<Backend>,
        mut request: Request<Body>,
        record: &mut Record,
        deadline: tokio::time::Instant,
    ) -> Result<(Response<Incoming>, SendRequest<Body>), (Problem, Outcome)> {
        let name = &*backend.settings.service;
        let mut refused: Option<Instant> = None;
        while refused.is_none_or(|since| since.elapsed() < LOOK) {
            let (lease, cold_start) = backend.lease(deadline).await.map_err(|why| {
                let outcome = if why == Refusal::TimedOut { Outcome::TimedOut } else { Outcome::Refused };
                (Problem::refused(name, &why), outcome)
            })?;
            record.cold_start = record.cold_start.or(cold_start);
            record.taken = Some(Instant::now());
            let slot = lease.slot.clone();
            record.lease = Some(lease);
            match tokio::time::timeout_at(deadline, send(&slot, request, &self.tasks)).await {
                Ok(Ok(answered)) => return Ok(answered),
                Ok(Err(SendError::NotSent(unsent))) => {
                    tracing::debug!(pod = &*slot.name, "a Pod takes no connection");
                    slot.shun();
                    record.lease = None;
                    refused.get_or_insert_with(Instant::now);
                    request = *unsent;
                }
                Ok(Err(SendError::Broken(error))) => {
                    tracing::debug!(pod = &*slot.name, %error, "a function broke off");
                    slot.shun();
                    return Err((Problem::broken_off(name), Outcome::BrokenOff));
                }
                Err(_) => {
                    let seconds = backend.settings.timeout.as_secs();
                    return Err((Problem::timed_out(name, seconds), Outcome::TimedOut));
                }
            }
        }
        Err((Problem::broken_off(name), Outcome::BrokenOff))
    }
}

/// Ends a call with a refusal.
fn end(mut record: Record, problem: &Problem, outcome: Outcome) -> Response<Body> {
    record.status = problem.status.as_u16();
    let response = refuse(problem, &record.arrival.correlation_id);
    record.finish(outcome);
    response
}

fn refuse(problem: &Problem, correlation_id: &str) -> Response<Body> {
    let mut response = problem.response(correlation_id);
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}
