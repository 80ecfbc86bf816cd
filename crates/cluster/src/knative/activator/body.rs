//! The bodies on their way: counted, and with an end that frees what the request held.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use tokio::time::{Instant, Sleep};

use super::{call::Outcome, record::Record};

/// Counts what the caller sends.
pub(super) struct Counted {
    inner: Body,
    bytes: Arc<AtomicU64>,
}

impl Counted {
    pub(super) fn new(inner: Body, bytes: Arc<AtomicU64>) -> Self {
        Self { inner, bytes }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The answer of a function on its way to the caller. Its end, or its being dropped, ends the call.
pub(super) struct Answer {
    inner: Incoming,
    /// Goes back to the Pod's idle connections when the answer was read to its end.
    connection: Option<SendRequest<Body>>,
    record: Option<Record>,
    deadline: Instant,
    /// Made when the function makes the caller wait within the answer.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// Why an answer ends early.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the function's time limit is over")]
    TimedOut,
    #[error("the function broke off: {0}")]
    BrokenOff(hyper::Error),
}

impl Answer {
    pub(super) fn new(
        inner: Incoming,
        connection: SendRequest<Body>,
        record: Record,
        deadline: Instant,
    ) -> Self {
        Self { inner, connection: Some(connection), record: Some(record), deadline, alarm: None }
    }

    fn finish(&mut self, outcome: Outcome) {
        let Some(mut record) = self.record.take() else { return };
        if outcome == Outcome::Answered
            && let Some(connection) = self.connection.take()
        {
            record.give_back(connection);
        }
        record.finish(outcome);
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(data), Some(record)) = (frame.data_ref(), self.record.as_mut()) {
                    record.response_bytes += data.len() as u64;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.finish(Outcome::BrokenOff);
                Poll::Ready(Some(Err(axum::Error::new(Cut::BrokenOff(error)))))
            }
            Poll::Ready(None) => {
                self.finish(Outcome::Answered);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let deadline = self.deadline;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
                if alarm.as_mut().poll(cx).is_ready() {
                    self.finish(Outcome::TimedOut);
                    return Poll::Ready(Some(Err(axum::Error::new(Cut::TimedOut))));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let whole = self.inner.is_end_stream();
        self.finish(if whole { Outcome::Answered } else { Outcome::CallerGone });
    }
}
