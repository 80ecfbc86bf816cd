//! A call while it runs: what it holds, and what will be told about it.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::body::Body;
use http::Method;
use hyper::client::conn::http1::SendRequest;
use jiff::Timestamp;

use super::{
    backend::{Flight, Lease},
    call::{Call, ColdStart, Facts, Observer, Outcome, Tag},
};

/// The one who is told of finished calls; set once.
pub(super) type Listener = Arc<OnceLock<Arc<dyn Observer>>>;

/// Bytes that the caller sent.
pub(super) enum RequestBytes {
    /// As announced.
    Known(u64),
    /// Counted on the way.
    Counted(Arc<AtomicU64>),
}

/// What is known when a request arrives.
pub(super) struct Arrival {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) request_bytes: RequestBytes,
    pub(super) correlation_id: Arc<str>,
    pub(super) tag: Option<Tag>,
    pub(super) started: Timestamp,
    pub(super) at: Instant,
}

/// A call. Told to the listener when it ends; then the place in the Pod is free.
pub(super) struct Record {
    pub(super) arrival: Arrival,
    pub(super) namespace: Arc<str>,
    pub(super) service: Arc<str>,
    pub(super) revision: Option<Arc<str>>,
    pub(super) lease: Option<Lease>,
    pub(super) flight: Option<Flight>,
    pub(super) cold_start: Option<ColdStart>,
    /// When a Pod took the request.
    pub(super) taken: Option<Instant>,
    pub(super) status: u16,
    pub(super) response_bytes: u64,
    pub(super) listener: Listener,
    pub(super) finished: bool,
}

impl Record {
    pub(super) fn give_back(&mut self, connection: SendRequest<Body>) {
        if let Some(lease) = &self.lease {
            lease.slot.give(connection);
        }
    }

    /// What a response tells its caller inside the platform.
    pub(super) fn facts(&self) -> Option<Facts> {
        let (taken, lease) = (self.taken?, self.lease.as_ref()?);
        Some(Facts {
            namespace: self.namespace.clone(),
            service: self.service.clone(),
            revision: self.revision.clone()?,
            pod: lease.slot.name.clone(),
            correlation_id: self.arrival.correlation_id.clone(),
            queued: taken.duration_since(self.arrival.at),
            cold_start: self.cold_start,
            first_byte: taken.elapsed(),
        })
    }

    /// Ends the call, frees its place and tells the listener; only the first time.
    pub(super) fn finish(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        let pod = self.lease.take().map(|lease| lease.slot.name.clone());
        drop(self.flight.take());
        let Some(listener) = self.listener.get() else { return };
        let now = Instant::now();
        let taken = self.taken.unwrap_or(now);
        let arrival = &mut self.arrival;
        listener.call_finished(Call {
            namespace: self.namespace.clone(),
            service: self.service.clone(),
            revision: self.revision.clone(),
            pod,
            method: arrival.method.clone(),
            path: std::mem::take(&mut arrival.path),
            status: self.status,
            outcome,
            request_bytes: match &arrival.request_bytes {
                RequestBytes::Known(bytes) => *bytes,
                RequestBytes::Counted(bytes) => bytes.load(Ordering::Relaxed),
            },
            response_bytes: self.response_bytes,
            started: arrival.started,
            queued: taken.duration_since(arrival.at),
            cold_start: self.cold_start,
            run: now.duration_since(taken),
            correlation_id: arrival.correlation_id.clone(),
            tag: arrival.tag.take(),
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.finish(Outcome::CallerGone);
    }
}
