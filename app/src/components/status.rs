//! States as a shape and a word, so that colour is never alone.

use domain::{
    build::BuildState,
    event::{Category, CloudEvent, EventStatus, EventType},
    function::Phase,
};
use leptos::prelude::*;

use super::icon::icon;

fn pill(tone: &'static str, shape: &'static str, text: &'static str) -> AnyView {
    view! { <span class=format!("pill {tone}")>{icon(shape)}{text}</span> }.into_any()
}

/// A function's phase.
pub fn phase_pill(phase: Phase) -> AnyView {
    let (tone, shape) = phase_look(phase);
    pill(tone, shape, phase.as_str())
}

/// Tone and shape of a phase.
pub fn phase_look(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Pending => ("idle", "wait"),
        Phase::Building | Phase::Deploying => ("busy", "run"),
        Phase::Ready => ("good", "ok"),
        Phase::Failed => ("bad", "fail"),
        Phase::Deleting => ("idle", "run"),
    }
}

/// A build's state.
pub fn build_pill(state: BuildState) -> AnyView {
    match state {
        BuildState::Queued => pill("idle", "wait", "Queued"),
        BuildState::Running => pill("busy", "run", "Running"),
        BuildState::Completed => pill("good", "ok", "Completed"),
        BuildState::Failed => pill("bad", "fail", "Failed"),
        BuildState::Timeout => pill("bad", "clock", "Timed out"),
        BuildState::Cancelled => pill("idle", "stop", "Cancelled"),
        BuildState::Stopped => pill("idle", "stop", "Stopped"),
    }
}

/// An HTTP status.
pub fn http_pill(status: u16) -> AnyView {
    let (tone, shape) = if status < 400 { ("good", "ok") } else { ("bad", "fail") };
    view! { <span class=format!("pill {tone}")>{icon(shape)}{status}</span> }.into_any()
}

/// What an event tells, for people: its label, or its type when it is a user's own.
pub fn event_label(event: &CloudEvent) -> String {
    match event.event_type() {
        Some(EventType::StatusUpdated) => {
            phase_of(event).map_or_else(|| "Phase changed".to_owned(), |phase| format!("Now {phase}"))
        }
        Some(kind) => kind.label().to_owned(),
        None => event.kind.clone(),
    }
}

/// Tone and shape of an event.
pub fn event_look(event: &CloudEvent) -> (&'static str, &'static str) {
    if event.status() == EventStatus::Failed {
        return ("bad", "fail");
    }
    // Green is for what ended well, blue for what began and goes on; all else is quiet.
    match event.event_type() {
        Some(EventType::BuildCompleted | EventType::ParserCompleted | EventType::ResponseSuccess) => {
            ("good", "ok")
        }
        Some(EventType::BuildStarted | EventType::ParserStarted | EventType::InvokeAsync) => ("busy", "play"),
        Some(EventType::BuildCancelled | EventType::BuildStopped) => ("idle", "stop"),
        Some(EventType::StatusUpdated) if phase_of(event) == Some("Ready") => ("good", "ok"),
        Some(EventType::FunctionDeleted | EventType::ServiceDeleted) => ("idle", "trash"),
        Some(kind) => match kind.category() {
            Category::Function => ("idle", "lambda"),
            Category::Command => ("idle", "right"),
            _ => ("idle", "dot"),
        },
        None => ("idle", "events"),
    }
}

fn phase_of(event: &CloudEvent) -> Option<&str> {
    event.data.as_ref()?.get("phase")?.as_str()
}
