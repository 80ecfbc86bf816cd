//! Where lines come from: pages by call, new ones by stream.

use std::time::Duration;

use domain::{
    TenantName,
    log::{LogLine, LogPage, LogQuery, LogState, LogTarget},
};
use leptos::{prelude::set_timeout, task::spawn_local};
use wasm_bindgen::JsCast as _;
use web_sys::{EventSource, MessageEvent};

use super::dom::{self, on};
use crate::{AppError, api::logs::read_log};

/// Lines that are asked for at once.
pub(super) const PAGE: u32 = 1000;
/// The same while searching.
pub(super) const LARGE_PAGE: u32 = 5000;

/// Wait before a stream is asked for again.
const RETRY: Duration = Duration::from_secs(3);

/// One log of the platform.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) tenant: TenantName,
    pub(super) target: LogTarget,
    pub(super) stream: String,
    /// Only the lines of this call.
    pub(super) correlation: Option<String>,
}

/// What the stream says.
pub(super) enum News {
    Lines(Vec<LogLine>),
    State(LogState),
    Connected,
    Lost,
    SignedOut,
}

impl Source {
    /// The newest lines.
    pub(super) async fn tail(&self) -> Result<LogPage, AppError> {
        self.read(LogQuery { limit: Some(PAGE), ..LogQuery::default() }).await
    }

    /// The lines before `number`.
    pub(super) async fn before(&self, number: u64, limit: u32) -> Result<LogPage, AppError> {
        self.read(LogQuery { before: Some(number), limit: Some(limit), ..LogQuery::default() }).await
    }

    async fn read(&self, query: LogQuery) -> Result<LogPage, AppError> {
        let query = LogQuery { correlation: self.correlation.clone(), ..query };
        read_log(self.tenant.clone(), self.target.clone(), query).await
    }

    /// The same once more, unless nobody is signed in: then no stream will ever come.
    async fn follow_again(self, number: u64, tell: impl Fn(News) -> u64 + Clone + 'static) {
        let query = LogQuery { after: Some(number), limit: Some(1), ..LogQuery::default() };
        match self.read(query).await {
            Err(AppError(problem)) if problem.status == 401 => {
                tell(News::SignedOut);
            }
            _ => self.follow(number, tell),
        }
    }

    /// New lines after `number`. `tell` answers with the number of the last line that is here.
    pub(super) fn follow(&self, number: u64, tell: impl Fn(News) -> u64 + Clone + 'static) {
        let one_call = self.correlation.as_deref().map(js_sys::encode_uri_component);
        let one_call = one_call.map(|id| format!("&correlation={}", String::from(id))).unwrap_or_default();
        let address = format!("{}?after={number}{one_call}", self.stream);
        let Ok(stream) = EventSource::new(&address) else { return };
        let data = |event: &web_sys::Event| {
            event.dyn_ref::<MessageEvent>().map(|event| dom::text(&event.data())).unwrap_or_default()
        };
        let say = tell.clone();
        on(&stream, "open", move |_| {
            say(News::Connected);
        });
        let (again, say, watched) = (self.clone(), tell.clone(), stream.clone());
        on(&stream, "error", move |_| {
            let last = say(News::Lost);
            // The browser resumes a lost connection by itself, but gives up at an answer that is no stream.
            if watched.ready_state() == EventSource::CLOSED {
                let (again, say) = (again.clone(), say.clone());
                set_timeout(move || spawn_local(again.follow_again(last, say)), RETRY);
            }
        });
        let say = tell.clone();
        on(&stream, "message", move |event| {
            if let Ok(lines) = serde_json::from_str::<Vec<LogLine>>(&data(&event)) {
                say(News::Lines(lines));
            }
        });
        // Open streams are kept by the browser; this one is closed when nothing more will come.
        let closing = stream.clone();
        on(&stream, "state", move |event| {
            if let Ok(state) = serde_json::from_str(&data(&event)) {
                if matches!(state, LogState::Ended | LogState::Expired) {
                    closing.close();
                }
                tell(News::State(state));
            }
        });
    }
}
