//! How many events happened when, as bars, with two handles that choose a stretch of it: dragged or moved by the arrow
//! keys, and sent by a plain form.

use domain::event::EventOverview;
use leptos::prelude::*;

use super::{icon::icon, time::clock};

/// Height of the drawing, of which the highest bar takes all.
const HIGH: f64 = 24.0;

/// The form; `kept` are the fields of the present filter, `whole` the address without a range when there is one.
pub fn overview(
    here: &str,
    kept: Vec<(&'static str, String)>,
    seen: &EventOverview,
    whole: Option<String>,
) -> AnyView {
    let highest = seen.counts.iter().copied().max().unwrap_or_default().max(1);
    let steps = seen.counts.len();
    let bars: Vec<_> = seen
        .counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(step, count)| {
            let high = (*count as f64 / highest as f64 * HIGH).max(1.5);
            view! { <rect x=step.to_string() y=format!("{:.2}", HIGH - high) width="0.8" height=format!("{high:.2}")></rect> }
        })
        .collect();
    let kept: Vec<_> = kept
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let handle = |name: &'static str, label: &'static str, step: usize| {
        view! {
            <input
                type="range"
                name=name
                aria-label=label
                min="0"
                max=steps
                value=step
                aria-valuetext=seen.begin(step).to_string()
            />
        }
    };
    let older = if seen.more { "The newest " } else { "" };
    view! {
        <form class="overview" method="get" action=here.to_owned() aria-label="Choose a stretch of time">
            {kept}
            <input type="hidden" name="zoom-base" value=seen.from.as_millis()/>
            <input type="hidden" name="zoom-step" value=seen.step_ms/>
            <div class="overview-box">
                <svg viewBox=format!("0 0 {steps} {HIGH}") preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
                <div class="overview-chosen"></div>
                {handle("zoom-from", "Begin of the stretch", 0)}
                {handle("zoom-to", "End of the stretch", steps)}
            </div>
            <div class="overview-line">
                <span class="quiet-text">
                    {older}{thousands(seen.total())}" events, "
                    <span class="overview-range">{clock(seen.begin(0))}" to "{clock(seen.begin(steps))}</span>
                </span>
                <span class="gap"></span>
                {whole.map(|href| view! { <a class="button small quiet" href=href>{icon("cross")}"Whole time"</a> })}
                <button class="button small">{icon("search")}"Zoom in"</button>
            </div>
        </form>
    }
    .into_any()
}

/// `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!([7, 999, 1000, 1_234_567].map(thousands), ["7", "999", "1,000", "1,234,567"]);
    }
}
