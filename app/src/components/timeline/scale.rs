//! Places for times on the timeline, in percent of its width: idle stretches are cut short.

/// Percent that a cut takes.
pub(super) const GAP: f64 = 7.0;
/// Percent between two ticks, at least.
const TICK: f64 = 15.0;
/// Percent that stays free on the right for what still runs.
const GROWTH: f64 = 12.0;

/// Where times are drawn.
pub(super) struct Scale {
    /// Time in milliseconds and its place, rising.
    knots: Vec<(f64, f64)>,
    /// Place of each cut, and the milliseconds that are left out there.
    pub(super) cuts: Vec<(f64, f64)>,
    /// Percent per millisecond between cuts.
    per_ms: f64,
}

impl Scale {
    /// For these rising times; `running` keeps room for what has not ended.
    pub(super) fn of(times: &[f64], running: bool) -> Self {
        let (first, last) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0));
        let mut waits: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        waits.sort_by(f64::total_cmp);
        let usual = waits.get(waits.len() / 2).copied().unwrap_or(0.0);
        let idle = (usual * 8.0).max((last - first) / 6.0).max(1000.0);
        let long: f64 = waits.iter().filter(|wait| **wait > idle).sum();
        let count = waits.iter().filter(|wait| **wait > idle).count() as f64;
        let width = if running { 100.0 - GROWTH } else { 100.0 };
        let per_ms = (width - count * GAP).max(20.0) / (last - first - long).max(1.0);
        let (mut knots, mut cuts, mut place) = (vec![(first, 0.0)], Vec::new(), 0.0);
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
        Self { knots, cuts, per_ms }
    }

    /// The place of a time.
    pub(super) fn place(&self, time: f64) -> f64 {
        let after = self.knots.partition_point(|(at, _)| *at < time).min(self.knots.len() - 1);
        let ((t0, x0), (t1, x1)) = (self.knots[after.saturating_sub(1)], self.knots[after]);
        if t1 <= t0 { x1 } else { x0 + (x1 - x0) * ((time - t0) / (t1 - t0)).clamp(0.0, 1.0) }
    }

    /// Milliseconds until something that runs reaches the right edge.
    pub(super) fn until_edge(&self, place: f64) -> f64 {
        ((100.0 - place) / self.per_ms).max(1.0)
    }

    /// Round times after the first one, with their places; none inside or close to a cut.
    pub(super) fn ticks(&self) -> Vec<(f64, f64)> {
        let first = self.knots.first().map_or(0.0, |knot| knot.0);
        let last = self.knots.last().map_or(0.0, |knot| knot.0);
        let step = round(TICK / self.per_ms);
        let mut ticks: Vec<(f64, f64)> = Vec::new();
        // Cuts leave out most of the time, so counting every step of it would take long: each stretch by itself.
        let mut from = first;
        for until in self.cut_times().into_iter().chain([last]) {
            let mut after = ((from - first) / step).ceil() * step;
            while first + after <= until + 0.5 {
                let place = self.place(first + after);
                let near_cut = self.cuts.iter().any(|(cut, _)| (cut - place).abs() < GAP);
                let near_tick = ticks.last().is_some_and(|(_, before)| place - before < TICK * 0.6);
                if !near_cut && !near_tick && place <= 97.0 {
                    ticks.push((after, place));
                }
                after += step;
            }
            from = self.knots.iter().map(|knot| knot.0).find(|at| *at > until).unwrap_or(last);
        }
        ticks
    }

    /// When each cut begins.
    fn cut_times(&self) -> Vec<f64> {
        let begins = |cut: f64| self.knots.iter().rev().find(|(_, place)| *place < cut).map(|knot| knot.0);
        self.cuts.iter().filter_map(|(cut, _)| begins(*cut)).collect()
    }
}

/// The next round length of time: one that people count in.
fn round(millis: f64) -> f64 {
    const ROUND: [f64; 24] = [
        1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3,
        300e3, 600e3, 1.8e6, 3.6e6, 7.2e6, 21.6e6, 86.4e6,
    ];
    ROUND.into_iter().find(|step| *step >= millis).unwrap_or_else(|| (millis / 86.4e6).ceil() * 86.4e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_gap_takes_less_room_than_its_length() {
        let scale = Scale::of(&[0.0, 100.0, 200.0, 300.0, 7_200_300.0, 7_200_400.0], false);
        assert_eq!(scale.cuts.len(), 1);
        let gap = scale.place(7_200_300.0) - scale.place(300.0);
        assert!(gap <= GAP + 0.1, "{gap}");
        assert!(scale.place(100.0) - scale.place(0.0) > gap, "busy stretches keep their room");
    }

    #[test]
    fn events_at_one_moment_are_drawn_without_a_division_by_zero() {
        let scale = Scale::of(&[5.0, 5.0], false);
        assert!(scale.place(5.0).is_finite());
        assert!(scale.ticks().len() <= 1);
    }

    #[test]
    fn ticks_are_round_times_in_order_and_not_on_a_cut() {
        let scale = Scale::of(&[0.0, 400.0, 900.0, 90_000.0, 90_800.0], false);
        let ticks = scale.ticks();
        assert!(ticks.len() >= 3, "{ticks:?}");
        assert!(ticks.iter().all(|(after, _)| after % 50.0 == 0.0), "{ticks:?}");
        assert!(ticks.windows(2).all(|pair| pair[0].1 < pair[1].1), "{ticks:?}");
        let far = |place: f64| scale.cuts.iter().all(|(cut, _)| (cut - place).abs() >= GAP);
        assert!(ticks.iter().all(|(_, place)| far(*place)), "{ticks:?}");
    }

    #[test]
    fn what_runs_has_room_to_grow() {
        let scale = Scale::of(&[0.0, 1000.0], true);
        let now = scale.place(1000.0);
        assert!(now < 90.0);
        assert!(scale.until_edge(now) > 100.0);
    }
}
