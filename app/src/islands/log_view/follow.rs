//! The stream of new lines: resumed after its last line when the connection comes back, and when its tab is looked at
//! again. A hidden tab has none, since a browser opens six connections to a server for all of its tabs.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use domain::log::{LogLine, LogQuery, LogState};
use leptos::{
    prelude::{document, set_timeout},
    task::spawn_local,
};
use wasm_bindgen::JsCast as _;
use web_sys::{Event, EventSource, MessageEvent};

use super::{
    dom::{self, on},
    source::Source,
};
use crate::AppError;

/// Wait before a stream is asked for again.
const RETRY: Duration = Duration::from_secs(3);

/// What the stream says.
pub(super) enum News {
    Lines(Vec<LogLine>),
    State(LogState),
    Connected,
    Lost,
    /// It will never come again: nobody is signed in, or the log is gone; with the answer's status.
    Over(u16),
}

/// One log that is followed.
struct Follower<F> {
    source: Source,
    /// Answers with the number of the last line that is here.
    tell: F,
    stream: RefCell<Option<EventSource>>,
    over: Cell<bool>,
}

/// Follows the log after line `number`.
pub(super) fn follow(source: Source, number: u64, tell: impl Fn(News) -> u64 + 'static) {
    let follower = Rc::new(Follower { source, tell, stream: RefCell::default(), over: Cell::default() });
    let this = follower.clone();
    on(&document(), "visibilitychange", move |_| {
        if document().hidden() {
            if let Some(stream) = this.stream.take() {
                stream.close();
            }
        } else if this.stream.borrow().is_none() {
            let last = (this.tell)(News::Lost);
            this.connect(last);
        }
    });
    follower.connect(number);
}

impl<F: Fn(News) -> u64 + 'static> Follower<F> {
    fn connect(self: &Rc<Self>, number: u64) {
        let open = self.stream.borrow().as_ref().is_some_and(|it| it.ready_state() != EventSource::CLOSED);
        if open || self.over.get() || document().hidden() {
            return;
        }
        let one_call = self.source.correlation.as_deref().map(js_sys::encode_uri_component);
        let one_call = one_call.map(|id| format!("&correlation={}", String::from(id))).unwrap_or_default();
        let address = format!("{}?after={number}{one_call}", self.source.stream);
        let Ok(stream) = EventSource::new(&address) else { return };
        *self.stream.borrow_mut() = Some(stream.clone());
        let this = self.clone();
        on(&stream, "open", move |_| {
            (this.tell)(News::Connected);
        });
        let (this, watched) = (self.clone(), stream.clone());
        on(&stream, "error", move |_| {
            let last = (this.tell)(News::Lost);
            // The browser resumes a lost connection by itself, but gives up at an answer that is no stream.
            if watched.ready_state() == EventSource::CLOSED {
                let again = this.clone();
                set_timeout(move || spawn_local(again.connect_again(last)), RETRY);
            }
        });
        let this = self.clone();
        on(&stream, "message", move |event| {
            if let Ok(lines) = serde_json::from_str::<Vec<LogLine>>(&data(&event)) {
                (this.tell)(News::Lines(lines));
            }
        });
        // Open streams are kept by the browser; this one is closed when nothing more will come.
        let (this, closing) = (self.clone(), stream.clone());
        on(&stream, "state", move |event| {
            if let Ok(state) = serde_json::from_str(&data(&event)) {
                if matches!(state, LogState::Ended | LogState::Expired) {
                    this.over.set(true);
                    closing.close();
                }
                (this.tell)(News::State(state));
            }
        });
    }

    /// The same once more, unless there is no stream that could come.
    async fn connect_again(self: Rc<Self>, number: u64) {
        let query = LogQuery { after: Some(number), limit: Some(1), ..LogQuery::default() };
        match self.source.read(query).await {
            Err(AppError(problem)) if [401, 403, 404].contains(&problem.status) => {
                self.over.set(true);
                (self.tell)(News::Over(problem.status));
            }
            _ => self.connect(number),
        }
    }
}

fn data(event: &Event) -> String {
    event.dyn_ref::<MessageEvent>().map(|event| dom::text(&event.data())).unwrap_or_default()
}
