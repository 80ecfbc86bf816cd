//! The timeline, drawn: one row per event, an axis of time, bars for what took time.
//!
//! Drawn on the server as SVG with links; the table below it holds the same data. Stretches in
//! which nothing happened are cut short and labelled.

use domain::{TenantName, event::EventRecord};
use leptos::prelude::*;

use super::{
    status::{event_label, event_look},
    time::duration,
};
use crate::routes;

const ROW: usize = 24;
const LEFT: f64 = 176.0;
const WIDTH: f64 = 1000.0;
const GAP: f64 = 44.0;

/// Where events are drawn: places for times, with idle gaps cut short.
struct Scale {
    /// Time in milliseconds and its place, rising.
    knots: Vec<(f64, f64)>,
    /// Place and length of each cut.
    cuts: Vec<(f64, f64)>,
}

impl Scale {
    fn of(times: &[f64]) -> Self {
        let (first, last) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0));
        let mut waits: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        waits.sort_by(f64::total_cmp);
        let usual = waits.get(waits.len() / 2).copied().unwrap_or(0.0);
        let idle = (usual * 8.0).max((last - first) / 6.0).max(1000.0);
        let long: f64 = waits.iter().filter(|wait| **wait > idle).sum();
        let count = waits.iter().filter(|wait| **wait > idle).count() as f64;
        let room = (WIDTH - LEFT - 24.0 - count * GAP).max(100.0);
        let per_ms = room / (last - first - long).max(1.0);
        let (mut knots, mut cuts, mut place) = (vec![(first, LEFT + 8.0)], Vec::new(), LEFT + 8.0);
        for pair in times.windows(2) {
            let wait = pair[1] - pair[0];
            if wait > idle {
                cuts.push((place + GAP / 2.0, wait));
                place += GAP;
            } else {
                place += wait * per_ms;
            }
            knots.push((pair[1], place));
        }
        Self { knots, cuts }
    }

    fn place(&self, time: f64) -> f64 {
        let after = self.knots.partition_point(|(at, _)| *at < time).min(self.knots.len() - 1);
        let ((t0, x0), (t1, x1)) = (self.knots[after.saturating_sub(1)], self.knots[after]);
        if t1 <= t0 { x1 } else { x0 + (x1 - x0) * ((time - t0) / (t1 - t0)).clamp(0.0, 1.0) }
    }
}

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

/// The drawing; `records` newest first.
pub fn timeline(tenant: &TenantName, records: &[EventRecord]) -> AnyView {
    if records.len() < 2 {
        return ().into_any();
    }
    let mut rows: Vec<&EventRecord> = records.iter().collect();
    rows.sort_by_key(|record| (record.at(), record.position));
    let mut times: Vec<f64> = rows
        .iter()
        .flat_map(|record| {
            let end = record.at().as_millis() as f64;
            [Some(end), spans(record).map(|(queue, run)| end - queue - run)].into_iter().flatten()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let scale = Scale::of(&times);
    let height = rows.len() * ROW + 28;
    let cuts: Vec<_> = scale
        .cuts
        .iter()
        .map(|(x, wait)| {
            let (x, text) = (format!("{x:.1}"), duration(*wait));
            view! {
                <line class="cut" x1=x.clone() x2=x.clone() y1="20" y2=height></line>
                <text class="axis" x=x y="13" text-anchor="middle">{text}</text>
            }
        })
        .collect();
    let drawn: Vec<_> = rows.iter().enumerate().map(|(at, record)| row(tenant, record, at, &scale)).collect();
    let span = duration(times.last().unwrap_or(&0.0) - times.first().unwrap_or(&0.0));
    view! {
        <figure class="timeline" id="timeline" tabindex="0" role="group" aria-label="Timeline; the table below has the same events">
            <svg viewBox=format!("0 0 {WIDTH} {height}") width=WIDTH height=height>
                <text class="axis" x="0" y="13">{format!("{span} from left to right")}</text>
                {cuts}
                {drawn}
            </svg>
        </figure>
    }
    .into_any()
}

fn row(tenant: &TenantName, record: &EventRecord, at: usize, scale: &Scale) -> AnyView {
    let (tone, _) = event_look(&record.event);
    let y = at * ROW + 24;
    let end = record.at().as_millis() as f64;
    let x = scale.place(end);
    let name = record.function.as_ref().map(|name| format!(" · {name}")).unwrap_or_default();
    let label = event_label(&record.event);
    let short: String = if label.chars().count() > 24 {
        label.chars().take(23).chain(['…']).collect()
    } else {
        label.clone()
    };
    let bars = spans(record).map(|(queue, run)| {
        let (from, began) = (scale.place(end - queue - run), scale.place(end - run));
        view! {
            <rect class="bar wait" x=format!("{from:.1}") y=y + 8 width=format!("{:.1}", (began - from).max(0.0)) height="8" rx="2"></rect>
            <rect class=format!("bar {tone}") x=format!("{began:.1}") y=y + 8 width=format!("{:.1}", (x - began).max(3.0)) height="8" rx="2"></rect>
        }
    });
    // A failure is a cross, anything else a dot: told apart without colour.
    let mark = if tone == "bad" {
        view! { <path class="mark bad" d=format!("M{:.1} {}l8 8m0 -8l-8 8", x - 4.0, y + 8)></path> }
            .into_any()
    } else {
        view! { <circle class=format!("mark {tone}") cx=format!("{x:.1}") cy=y + 12 r="4"></circle> }
            .into_any()
    };
    view! {
        <a href=routes::event(tenant, record.position) class="timeline-row">
            <title>{format!("{label}{name}, {}", record.at())}</title>
            <rect class="hit" x="0" y=y width=WIDTH height=ROW></rect>
            <text x="8" y=y + 16>{short}</text>
            <line class="lane" x1=LEFT x2=WIDTH y1=y + 12 y2=y + 12></line>
            {bars}
            {mark}
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_gap_takes_less_room_than_its_length() {
        let scale = Scale::of(&[0.0, 100.0, 200.0, 300.0, 7_200_300.0, 7_200_400.0]);
        assert_eq!(scale.cuts.len(), 1);
        let gap = scale.place(7_200_300.0) - scale.place(300.0);
        assert!(gap <= GAP + 0.1, "{gap}");
        assert!(scale.place(100.0) - scale.place(0.0) > gap, "busy stretches keep their room");
    }

    #[test]
    fn events_at_one_moment_are_drawn_without_a_division_by_zero() {
        let scale = Scale::of(&[5.0, 5.0]);
        assert!(scale.place(5.0).is_finite());
    }
}
