//! Conditions as Knative computes them: one summary (`Ready`) over several dependents, sorted by type,
//! with a transition time that moves only when something else in the condition does.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use knative::Condition;

/// A condition that holds, without a reason.
pub(super) fn holds(type_: &str) -> Condition {
    new(type_, "True", "", "")
}

/// A condition that does not hold.
pub(super) fn fails(type_: &str, reason: &str, message: &str) -> Condition {
    new(type_, "False", reason, message)
}

/// A condition that is not known yet; empty texts are left out.
pub(super) fn unknown(type_: &str, reason: &str, message: &str) -> Condition {
    new(type_, "Unknown", reason, message)
}

fn new(type_: &str, status: &str, reason: &str, message: &str) -> Condition {
    let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
    Condition {
        type_: type_.into(),
        status: status.into(),
        reason: text(reason),
        message: text(message),
        ..Condition::default()
    }
}

/// The same condition with severity `Info`: a False of it is no fault.
pub(super) fn info(mut condition: Condition) -> Condition {
    condition.severity = Some("Info".into());
    condition
}

/// `Ready` over its dependents: the first False in the order of `if_false`, else the first Unknown in the
/// order of `if_unknown`, else True. Reason and message are those of the dependent that decided.
pub(super) fn ready(if_false: &[&Condition], if_unknown: &[&Condition]) -> Condition {
    let decisive = if_false
        .iter()
        .find(|c| c.is_false())
        .or_else(|| if_unknown.iter().find(|c| !c.is_true() && !c.is_false()));
    match decisive {
        Some(c) => Condition { type_: "Ready".into(), severity: None, ..(*c).clone() },
        None => holds("Ready"),
    }
}

/// Sorts by type and sets the transition times: that of the same condition in `old` where nothing
/// changed, else `now`.
pub(super) fn stamp(mut conditions: Vec<Condition>, old: &[Condition], now: &Time) -> Vec<Condition> {
    conditions.sort_by(|a, b| a.type_.cmp(&b.type_));
    for condition in &mut conditions {
        condition.last_transition_time = Some(now.clone());
        if let Some(before) = knative::condition::find(old, &condition.type_) {
            let same =
                Condition { last_transition_time: before.last_transition_time.clone(), ..condition.clone() };
            if same == *before {
                condition.last_transition_time = before.last_transition_time.clone();
            }
        }
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(k8s_openapi::jiff::Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn a_false_dependent_outweighs_an_unknown_one() {
        let (a, b) = (unknown("A", "Waiting", ""), fails("B", "Broken", "no"));
        let summary = ready(&[&a, &b], &[&a, &b]);
        assert_eq!((summary.status.as_str(), summary.reason.as_deref()), ("False", Some("Broken")));
    }

    #[test]
    fn ready_is_true_when_all_dependents_are() {
        assert!(ready(&[&holds("A")], &[&holds("A")]).is_true());
    }

    #[test]
    fn the_transition_time_stays_while_nothing_changes() {
        let first = stamp(vec![holds("B"), holds("A")], &[], &at(1));
        assert_eq!(first[0].type_, "A");
        let second = stamp(vec![holds("A"), fails("B", "X", "")], &first, &at(2));
        assert_eq!(second[0].last_transition_time, Some(at(1)));
        assert_eq!(second[1].last_transition_time, Some(at(2)));
    }
}
