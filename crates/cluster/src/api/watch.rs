//! Watches: a stream of JSON lines, one event each.

mod events;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use http::{HeaderValue, StatusCode, header};
use rand::Rng;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::api::media::{Accept, Shape};
use crate::api::query::ListOptions;
use crate::api::status::{ApiError, ApiResult};
use crate::api::verbs::Target;
use crate::api::view::{View, to_bytes};
use crate::api::{Api, verbs};
use crate::registry::Stored;
use crate::registry::storage::{TooOld, Watcher};
use crate::registry::version::At;

/// A watch without a time limit of its own ends after this long and up to twice as long.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(30);
const BOOKMARK_INTERVAL: Duration = Duration::from_mins(1);
/// A last bookmark is sent this long before the end.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);

/// One open watch.
struct Watch {
    api: Api,
    target: Target,
    shape: Shape,
    options: ListOptions,
    watcher: Watcher,
    /// Lines that are ready.
    lines: VecDeque<Bytes>,
    deadline: Pin<Box<Sleep>>,
    bookmark: Pin<Box<Sleep>>,
    ends_at: Instant,
    /// A table has told its columns.
    columns_sent: bool,
    /// Nothing comes after the lines that are ready.
    ended: bool,
}

/// Opens a watch.
pub(super) fn watch(api: &Api, target: Target, options: ListOptions, accept: Accept) -> ApiResult<Response> {
    let initial = match (options.send_initial_events, options.version) {
        (Some(send), _) => send,
        (None, version) => version.is_none_or(|version| version == 0),
    };
    let current = api.registry.version();
    if initial && let Some(version) = options.version.filter(|version| *version > current) {
        return Err(crate::registry::version::too_large(version, current));
    }
    let (existing, from) = if initial {
        let everything = ListOptions { at: At::Newest, limit: None, go_on: None, ..options };
        let (items, meta) = verbs::list(api, &target, &everything)?;
        return Ok(respond(Watch::open(api, target, everything, accept.shape, meta.version), items));
    } else {
        (Vec::new(), options.version.unwrap_or(current))
    };
    Ok(respond(Watch::open(api, target, options, accept.shape, from), existing))
}

fn respond(mut watch: Watch, existing: Vec<Arc<Stored>>) -> Response {
    for stored in existing {
        watch.push("ADDED", &stored);
    }
    if watch.options.send_initial_events == Some(true) {
        watch.push_bookmark(true);
    }
    let lines = stream::unfold(watch, |mut watch| async move {
        let line = watch.next_line().await?;
        Some((Ok::<_, std::convert::Infallible>(line), watch))
    });
    let mut response = Response::new(Body::from_stream(lines));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl Watch {
    fn open(api: &Api, target: Target, options: ListOptions, shape: Shape, from: u64) -> Self {
        let timeout =
            options.timeout.unwrap_or_else(|| DEFAULT_TIMEOUT.mul_f64(1.0 + rand::rng().random::<f64>()));
        let ends_at = Instant::now() + timeout;
        let mut watch = Self {
            watcher: api.registry.watch(&target.resource, from),
            api: api.clone(),
            target,
            shape,
            options,
            lines: VecDeque::new(),
            deadline: Box::pin(sleep_until(ends_at)),
            bookmark: Box::pin(sleep_until(ends_at)),
            ends_at,
            columns_sent: false,
            ended: false,
        };
        watch.schedule_bookmark();
        watch
    }

    /// The next line; `None` at the end.
    async fn next_line(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            let shutdown = self.api.shutdown.clone();
            tokio::select! {
                changes = self.watcher.next() => match changes {
                    Ok(changes) => changes.iter().for_each(|change| {
                        if let Some((kind, stored)) = events::event(&self.target, &self.options.selector, change) {
                            self.push(kind, &stored);
                        }
                    }),
                    Err(too_old) => self.push_error(too_old),
                },
                () = &mut self.bookmark, if self.options.bookmarks => {
                    self.push_bookmark(false);
                    self.schedule_bookmark();
                }
                () = &mut self.deadline => self.ended = true,
                () = shutdown.cancelled() => self.ended = true,
            }
        }
    }

    fn schedule_bookmark(&mut self) {
        let now = Instant::now();
        let last = self.ends_at.checked_sub(LAST_BOOKMARK).unwrap_or(now);
        let next = match now + BOOKMARK_INTERVAL {
            soon if soon < last => soon,
            _ if now < last => last,
            // Too late for another one.
            _ => self.ends_at + BOOKMARK_INTERVAL,
        };
        self.bookmark.as_mut().reset(next);
    }

    fn push(&mut self, kind: &str, stored: &Stored) {
        let view = View { resource: &self.target.resource, shape: self.shape, now: self.api.now() };
        let object = view.object(stored, !self.columns_sent);
        self.columns_sent = true;
        self.lines.push_back(line(kind, &object));
    }

    /// `initial_end`: all that was there at the start has been sent.
    fn push_bookmark(&mut self, initial_end: bool) {
        let bookmark =
            events::bookmark(&self.target.resource, self.shape, self.watcher.version(), initial_end);
        self.lines.push_back(line("BOOKMARK", &to_bytes(&bookmark)));
    }

    fn push_error(&mut self, too_old: TooOld) {
        let error = ApiError::expired(too_old.to_string());
        let status = serde_json::to_vec(error.status()).unwrap_or_default();
        self.lines.push_back(line("ERROR", &status));
        self.ended = true;
    }
}

fn line(kind: &str, object: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(object.len() + 40);
    out.put_slice(b"{\"type\":\"");
    out.put_slice(kind.as_bytes());
    out.put_slice(b"\",\"object\":");
    out.put_slice(object);
    out.put_slice(b"}\n");
    out.freeze()
}
