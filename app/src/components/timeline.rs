//! The timeline, drawn: one row per event, an axis of time with ticks, bars for what took time.
//!
//! Drawn on the server: rows are links, places are percents of small SVGs, so that the drawing fits every
//! width. Oldest first, and the box begins at its end. It is current by itself, but waits while pointer or focus
//! is in it (`data-rest`), so that nothing moves under them. The table below it holds the same events, the newest
//! when its button is pressed.

use domain::{
    TenantName,
    event::{EventRecord, EventType},
};
use leptos::prelude::*;

use super::{
    icon::icon,
    status::{event_label, event_look},
    time::{clock, duration},
};
use crate::{routes, session};

mod scale;

use scale::Scale;

/// Waiting and running of an event that tells of something that took time.
fn spans(record: &EventRecord) -> Option<(f64, f64)> {
    let data = record.event.data.as_ref()?;
    let number = |key: &str| data.get(key).and_then(serde_json::Value::as_f64);
    match (number("queueMs"), number("runMs"), number("durationMs")) {
        (queue, Some(run), _) => Some((queue.unwrap_or(0.0), run)),
        (_, None, Some(all)) => Some((0.0, all)),
        _ => None,
    }
}

/// What a start and its end have in common: the build or the call.
fn thread(record: &EventRecord) -> Option<String> {
    let data = record.event.data.as_ref()?;
    let id = ["buildId", "invocationId"].iter().find_map(|key| data.get(*key)?.as_str())?;
    Some(id.to_owned())
}

/// Whether this tells of a start whose end is not among `rows`; old ones are taken as lost.
fn runs(record: &EventRecord, rows: &[&EventRecord], now: f64) -> bool {
    let start = matches!(record.event.event_type(), Some(EventType::BuildStarted | EventType::ParserStarted));
    let recent = now - (record.at().as_millis() as f64) < 3.6e6;
    let ended = || {
        let mine = thread(record);
        rows.iter().any(|other| other.position != record.position && thread(other) == mine)
    };
    start && recent && !ended()
}

/// The drawing; `live` is the topic that it follows. `records` newest first, as the table has them.
pub fn timeline(
    tenant: &TenantName,
    records: &[EventRecord],
    live: Option<String>,
    with_function: bool,
) -> AnyView {
    let inner = (records.len() > 1).then(|| drawing(tenant, records, live.is_some(), with_function));
    view! {
        <figure
            class="timeline"
            id="timeline"
            tabindex="0"
            role="group"
            aria-label="Timeline, current by itself; the table below has the same events, new ones when its button is pressed"
            data-live=live
            data-rest=""
        >
            {inner}
        </figure>
    }
    .into_any()
}

fn drawing(tenant: &TenantName, records: &[EventRecord], newest: bool, with_function: bool) -> AnyView {
    let mut rows: Vec<&EventRecord> = records.iter().collect();
    rows.sort_by_key(|record| (record.at(), record.position));
    let now = session::now().as_millis() as f64;
    let running: Vec<i64> = rows
        .iter()
        .filter(|record| newest && runs(record, &rows, now))
        .map(|record| record.position)
        .collect();
    let mut times: Vec<f64> = rows
        .iter()
        .flat_map(|record| {
            let end = record.at().as_millis() as f64;
            [Some(end), spans(record).map(|(queue, run)| end - queue - run)].into_iter().flatten()
        })
        .chain((!running.is_empty()).then_some(now))
        .collect();
    times.sort_by(f64::total_cmp);
    let scale = Scale::of(&times, !running.is_empty());
    let began = rows.first().map(|record| record.at());
    let drawn: Vec<_> = rows
        .iter()
        .map(|record| {
            let until = running.contains(&record.position).then_some(now);
            row(tenant, record, &scale, until, with_function)
        })
        .collect();
    view! {
        <div class="timeline-inner">
            <div class="timeline-axis" aria-hidden="true">
                <span class="timeline-from">{began.map(|at| view! { "from "{clock(at)} })}</span>
                {axis(&scale)}
            </div>
            <div class="timeline-rows">{grid(&scale)}<ol>{drawn}</ol></div>
        </div>
    }
    .into_any()
}

fn axis(scale: &Scale) -> AnyView {
    let ticks: Vec<_> = scale
        .ticks()
        .into_iter()
        .enumerate()
        .map(|(at, (after, place))| {
            let class = if at % 2 == 1 { "tick odd" } else { "tick" };
            view! { <text class=class x=percent(place) y="13">{after_start(after)}</text> }
        })
        .collect();
    let cuts: Vec<_> = scale
        .cuts
        .iter()
        .enumerate()
        .map(|(at, (place, wait))| {
            let class = if at % 2 == 1 { "tick cut odd" } else { "tick cut" };
            view! { <text class=class x=percent(*place) y="13">{format!("…{}", duration(*wait))}</text> }
        })
        .collect();
    view! { <svg class="timeline-lane">{ticks}{cuts}</svg> }.into_any()
}

fn grid(scale: &Scale) -> AnyView {
    let line = |place: f64, class: &'static str| {
        view! { <line class=class x1=percent(place) x2=percent(place) y1="0" y2="100%"></line> }
    };
    let ticks: Vec<_> = scale.ticks().into_iter().map(|(_, place)| line(place, "tick")).collect();
    let cuts: Vec<_> = scale.cuts.iter().map(|(place, _)| line(*place, "cut")).collect();
    view! { <svg class="timeline-grid" aria-hidden="true">{ticks}{cuts}</svg> }.into_any()
}

fn percent(place: f64) -> String {
    format!("{place:.2}%")
}

/// `+200 ms`, `+12 s`, `+1 min 30 s`, `+2 h`: short, since the ticks are round.
fn after_start(millis: f64) -> String {
    let whole = millis.round() as i64;
    let two = |big: i64, name: &str, small: i64, other: &str| {
        if small == 0 { format!("+{big} {name}") } else { format!("+{big} {name} {small} {other}") }
    };
    match whole {
        0 => "0".to_owned(),
        ..1000 => format!("+{whole} ms"),
        1000..60_000 if whole % 1000 == 0 => format!("+{} s", whole / 1000),
        1000..60_000 => format!("+{:.1} s", millis / 1000.0),
        60_000..3_600_000 => two(whole / 60_000, "min", whole / 1000 % 60, "s"),
        3_600_000..86_400_000 => two(whole / 3_600_000, "h", whole / 60_000 % 60, "min"),
        _ => two(whole / 86_400_000, "d", whole / 3_600_000 % 24, "h"),
    }
}

fn row(
    tenant: &TenantName,
    record: &EventRecord,
    scale: &Scale,
    until: Option<f64>,
    with_function: bool,
) -> AnyView {
    let (tone, shape) = event_look(&record.event);
    let end = record.at().as_millis() as f64;
    let place = scale.place(end);
    let label = event_label(&record.event);
    let function = record.function.as_ref().filter(|_| with_function).map(ToString::to_string);
    let whole = match &function {
        Some(function) => format!("{label} · {function}"),
        None => label.clone(),
    };
    let bars = spans(record).map(|(queue, run)| {
        let (from, began) = (scale.place(end - queue - run), scale.place(end - run));
        let waited = (began - from > 0.05).then(|| view! { <rect class="bar wait" x=percent(from) y="8" width=percent(began - from) height="8" rx="2"></rect> });
        view! {
            {waited}
            <rect class=format!("bar {tone}") x=percent(began) y="8" width=percent((place - began).max(0.3)) height="8" rx="2"></rect>
        }
    });
    // Grows as fast as the axis says, until the page hears of its end.
    let growing = until.map(|now| {
        let to = scale.place(now);
        let seconds = format!("{:.1}s", scale.until_edge(to) / 1000.0);
        view! {
            <rect class="bar busy" x=percent(place) y="8" width=percent((to - place).max(0.3)) height="8" rx="2">
                <animate attributeName="width" from=percent((to - place).max(0.3)) to=percent(100.0 - place) dur=seconds fill="freeze"></animate>
            </rect>
        }
    });
    // A failure is a cross, anything else a dot: told apart without colour.
    let mark = if tone == "bad" {
        view! { <svg class="mark bad" x=percent(place) y="12"><path d="M-4 -4l8 8m0 -8l-8 8"></path></svg> }
            .into_any()
    } else {
        view! { <circle class=format!("mark {tone}") cx=percent(place) cy="12" r="4"></circle> }.into_any()
    };
    let took = spans(record).map(|(_, run)| format!(", took {}", duration(run)));
    let state = if until.is_some() { ", still running" } else { "" };
    view! {
        <li>
            <a href=routes::event(tenant, record.position) class="timeline-row" title=format!("{whole}{}, {}", took.unwrap_or_default(), record.at())>
                <span class="timeline-label">
                    <span class=format!("tone {tone}")>{icon(shape)}</span>
                    <span class="timeline-name">{label}<span class="sr">{state}</span>{function.map(|name| view! { <span class="quiet-text">" "{name}</span> })}</span>
                </span>
                <svg class="timeline-lane" aria-hidden="true">
                    <line class="lane" x1="0" x2="100%" y1="12" y2="12"></line>
                    {bars}{growing}{mark}
                </svg>
            </a>
        </li>
    }
    .into_any()
}

/// What the shapes of the drawing mean.
pub fn legend() -> AnyView {
    let key = |shape: AnyView, text: &'static str| {
        view! { <span><svg class="timeline-key timeline-lane" aria-hidden="true">{shape}</svg>{text}</span> }
    };
    let bar = |class: &'static str| {
        view! { <rect class=class x="1" y="2" width="18" height="8" rx="2"></rect> }.into_any()
    };
    let dot = view! { <circle class="mark" cx="10" cy="6" r="4"></circle> }.into_any();
    let cross = view! { <path class="mark bad" d="M6 2l8 8m0 -8l-8 8"></path> }.into_any();
    let cut = view! { <line class="cut" x1="10" x2="10" y1="0" y2="12"></line> }.into_any();
    view! {
        <p class="legend">
            {key(dot, "happened")}{key(cross, "failed")}{key(bar("bar wait"), "waited")}{key(bar("bar good"), "ran")}
            {key(bar("bar busy"), "runs now")}{key(cut, "nothing happened, cut short")}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_said_in_the_unit_that_people_count_in() {
        let said: Vec<_> =
            [0.0, 200.0, 1500.0, 12_000.0, 90_000.0, 7.2e6, 1.728e8].into_iter().map(after_start).collect();
        assert_eq!(said, ["0", "+200 ms", "+1.5 s", "+12 s", "+1 min 30 s", "+2 h", "+2 d"]);
    }
}
