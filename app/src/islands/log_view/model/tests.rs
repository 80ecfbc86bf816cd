use domain::{Timestamp, log::Stream};

use super::*;

fn line(number: u64, group: Option<&str>, level: Level) -> LogLine {
    LogLine {
        number,
        at: Timestamp::from_millis(number as i64 * 10),
        stream: Stream::Stdout,
        level,
        text: "x".repeat(number as usize),
        group: group.map(str::to_owned),
    }
}

fn says(number: u64, text: &str) -> LogLine {
    LogLine { text: text.to_owned(), ..line(number, Some("hello-00001"), Level::Info) }
}

fn build() -> Model {
    let mut model = Model::new(true);
    model.append(vec![
        line(1, Some("fetch"), Level::Info),
        line(2, Some("fetch"), Level::Info),
        line(3, Some("push"), Level::Error),
        line(4, None, Level::Info),
    ]);
    model
}

#[test]
fn lines_that_come_again_after_a_reconnect_are_not_doubled() {
    let mut model = build();
    assert_eq!(model.append(vec![line(3, None, Level::Info), line(5, None, Level::Info)]), 1);
    assert_eq!(model.last(), 5);
}

#[test]
fn a_step_that_is_done_folds_and_the_failed_one_stays_open() {
    let mut model = build();
    assert_eq!(model.rows().all(), [Row::Head(0), Row::Head(2), Row::Line(2), Row::Line(3)]);
    model.open_at(1);
    assert_eq!(model.rows().all().len(), 6);
}

#[test]
fn the_step_that_runs_is_open_and_folds_when_the_next_one_begins() {
    let mut model = Model::new(true);
    model.append(vec![line(1, Some("fetch"), Level::Info)]);
    assert_eq!(model.rows().all(), [Row::Head(0), Row::Line(0)]);
    model.append(vec![line(2, Some("fetch"), Level::Info), line(3, Some("push"), Level::Info)]);
    assert_eq!(model.rows().all(), [Row::Head(0), Row::Head(2), Row::Line(2)]);
}

#[test]
fn a_step_that_someone_opened_stays_open_when_it_is_done() {
    let mut model = Model::new(true);
    model.append(vec![line(1, Some("fetch"), Level::Info)]);
    model.fold(0);
    model.fold(0);
    model.append(vec![line(2, Some("push"), Level::Info)]);
    assert_eq!(model.rows().all().len(), 4);
}

#[test]
fn the_last_step_of_a_good_build_stays_open_so_that_there_is_something_to_read() {
    let mut model = Model::new(true);
    model.append(vec![line(1, Some("fetch"), Level::Info), line(2, Some("push"), Level::Info)]);
    model.end();
    assert_eq!(model.rows().all(), [Row::Head(0), Row::Head(1), Row::Line(1)]);
}

#[test]
fn groups_that_a_function_prints_fold_when_they_end() {
    let mut model = Model::new(false);
    model.append(vec![says(1, "before"), says(2, "::group::Customers"), says(3, "one")]);
    assert_eq!(model.rows().all(), [Row::Line(0), Row::Head(1), Row::Line(2)]);
    model.append(vec![says(4, "::endgroup::"), says(5, "after")]);
    assert_eq!(model.rows().all(), [Row::Line(0), Row::Head(1), Row::Line(4)]);
    let (group, folded) = model.group(1).unwrap();
    assert_eq!((group.name.as_str(), group.millis(), folded), ("Customers", 20, true));
    model.fold(1);
    assert_eq!(model.rows().all(), [Row::Line(0), Row::Head(1), Row::Line(2), Row::Line(4)]);
}

#[test]
fn groups_are_found_when_their_older_lines_come_later() {
    let mut model = Model::new(false);
    model.append(vec![says(3, "two"), says(4, "::endgroup::")]);
    model.prepend(vec![says(1, "::group::Customers"), says(2, "one")]);
    assert_eq!(model.rows().all(), [Row::Head(0)]);
}

#[test]
fn a_level_hides_lines_and_counts_them() {
    let mut model = build();
    model.set_level(Some(Level::Error));
    assert_eq!((model.hidden(), model.bad()), (3, [1, 1]));
    assert_eq!(model.rows().all(), [Row::Head(0), Row::Head(2), Row::Line(2)]);
}

#[test]
fn a_filter_hides_lines_and_counts_them_once() {
    let mut model = Model::new(false);
    model.append(vec![says(1, "a"), line(2, None, Level::Debug), says(3, "b")]);
    model.set_level(Some(Level::Info));
    model.filter(0, 3, |line| line.text == "b");
    model.rebuild();
    assert_eq!((model.hidden(), model.rows().all().len()), (2, 1));
}

#[test]
fn wrapped_lines_take_their_height() {
    let mut model = Model::new(false);
    model.append((1..=5).map(|number| line(number, None, Level::Info)).collect());
    model.set_columns(Some(2));
    assert_eq!(model.rows().height(), 1 + 1 + 2 + 2 + 3);
    assert_eq!((model.rows().at(3), model.rows().top(3)), (2, 4));
    assert_eq!(model.row_of(3), Some(2));
}

#[test]
fn shown_fields_take_a_unit_each() {
    let mut model = Model::new(false);
    model.append(vec![says(1, "{}"), says(2, "b")]);
    model.expand(1, 3);
    assert_eq!((model.rows().height(), model.is_expanded(1)), (5, true));
    model.expand(1, 3);
    assert_eq!((model.rows().height(), model.is_expanded(1)), (2, false));
}

#[test]
fn the_oldest_lines_go_when_there_are_too_many() {
    let mut model = Model::new(false);
    // Short ones: `line` makes line n as long as n.
    let short = |number| LogLine { number, ..line(1, None, Level::Warn) };
    let many = (1..=(KEPT + KEPT / 10 + 1) as u64).map(short);
    model.append(many.collect());
    assert_eq!((model.len(), model.bad()), (KEPT, [KEPT, 0]));
}
