//! The lines of a log and which of them are rows: folding, filtering, heights. No document here.

use std::collections::{BTreeMap, HashSet};

use domain::log::{Level, LogLine};

/// Characters of a line that are drawn; the download has them all.
pub(super) const LINE_LIMIT: usize = 64 * 1024;
/// Lines kept in the browser; older ones are fetched again when scrolled to.
pub(super) const KEPT: usize = 100_000;

/// One row of the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The head of the group that begins with the line at this place.
    Head(usize),
    /// The line at this place.
    Line(usize),
}

/// Lines in order, and the rows that show them.
#[derive(Default)]
pub(super) struct Model {
    lines: Vec<LogLine>,
    /// Rows to draw.
    rows: Vec<Row>,
    /// First unit of each row and the end; a unit is the height of an unwrapped line.
    tops: Vec<u32>,
    /// Number of the first line of each group that is folded.
    folded: HashSet<u64>,
    /// Groups are parts of a build and can be folded; otherwise they are only named.
    pub(super) foldable: bool,
    /// Least level.
    pub(super) level: Option<Level>,
    /// Characters in a row when wrapped.
    pub(super) columns: Option<usize>,
}

impl Model {
    /// No lines yet.
    pub(super) fn new(foldable: bool) -> Self {
        Self { foldable, ..Self::default() }
    }

    pub(super) fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    pub(super) fn line(&self, at: usize) -> &LogLine {
        &self.lines[at]
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn first(&self) -> u64 {
        self.lines.first().map_or(0, |line| line.number)
    }

    pub(super) fn last(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.number)
    }

    /// Adds newer lines; those that are there already are skipped, so a resumed stream doubles
    /// nothing. The answer is how many were new.
    pub(super) fn append(&mut self, lines: Vec<LogLine>) -> usize {
        let before = self.lines.len();
        for line in lines {
            if line.number > self.last() {
                self.lines.push(line);
            }
        }
        let added = self.lines.len() - before;
        if self.lines.len() > KEPT + KEPT / 10 {
            self.lines.drain(..self.lines.len() - KEPT);
        }
        self.rebuild();
        added
    }

    /// Adds older lines in front.
    pub(super) fn prepend(&mut self, mut lines: Vec<LogLine>) {
        let first = self.first();
        lines.retain(|line| first == 0 || line.number < first);
        lines.append(&mut self.lines);
        self.lines = lines;
        self.rebuild();
    }

    /// Folds or opens the group of the head at this place.
    pub(super) fn fold(&mut self, at: usize) {
        let number = self.lines[at].number;
        if !self.folded.remove(&number) {
            self.folded.insert(number);
        }
        self.rebuild();
    }

    /// Folds all groups that went well and opens the one that failed; without a failure the last
    /// one stays open, so that there is something to read.
    pub(super) fn fold_done(&mut self) {
        let groups = self.groups();
        let bad = |(from, to): &(usize, usize)| {
            self.lines[*from..*to].iter().any(|line| line.level == Level::Error)
        };
        let failed: Vec<usize> = groups.iter().filter(|group| bad(group)).map(|group| group.0).collect();
        let open =
            if failed.is_empty() { groups.last().map(|group| group.0).into_iter().collect() } else { failed };
        self.folded = groups
            .iter()
            .filter(|group| !open.contains(&group.0))
            .map(|group| self.lines[group.0].number)
            .collect();
        self.rebuild();
    }

    /// Opens the group of a line, so that it can be seen.
    pub(super) fn open_at(&mut self, at: usize) {
        let holds = self.groups().into_iter().find(|(from, to)| (*from..*to).contains(&at));
        if let Some((from, _)) = holds
            && self.folded.remove(&self.lines[from].number)
        {
            self.rebuild();
        }
    }

    pub(super) fn is_folded(&self, at: usize) -> bool {
        self.folded.contains(&self.lines[at].number)
    }

    /// Stretches of lines of one group, as places from and to.
    fn groups(&self) -> Vec<(usize, usize)> {
        let mut groups: Vec<(usize, usize)> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if line.group.is_none() {
                continue;
            }
            match groups.last_mut() {
                Some((from, to)) if *to == at && self.lines[*from].group == line.group => *to = at + 1,
                _ => groups.push((at, at + 1)),
            }
        }
        groups
    }

    /// Milliseconds between the first and the last line of the group that begins here.
    pub(super) fn group_millis(&self, from: usize) -> i64 {
        let group = &self.lines[from].group;
        let last = self.lines[from..].iter().take_while(|line| line.group == *group).last();
        last.map_or(0, |last| last.at.millis_since(self.lines[from].at))
    }

    fn passes(&self, line: &LogLine) -> bool {
        self.level.is_none_or(|least| line.level >= least)
    }

    /// Lines that the level hides.
    pub(super) fn hidden(&self) -> usize {
        if self.level.is_none() { 0 } else { self.lines.iter().filter(|line| !self.passes(line)).count() }
    }

    /// Lines by level.
    pub(super) fn counts(&self) -> BTreeMap<Level, usize> {
        self.lines.iter().fold(BTreeMap::new(), |mut counts, line| {
            *counts.entry(line.level).or_default() += 1;
            counts
        })
    }

    /// Makes the rows anew.
    pub(super) fn rebuild(&mut self) {
        let mut rows = Vec::with_capacity(self.lines.len());
        let (mut group, mut folded) = (None, false);
        for (at, line) in self.lines.iter().enumerate() {
            if self.foldable && line.group != group {
                group.clone_from(&line.group);
                folded = self.folded.contains(&line.number);
                if group.is_some() {
                    rows.push(Row::Head(at));
                }
            }
            if !folded && self.passes(line) {
                rows.push(Row::Line(at));
            }
        }
        let mut tops = Vec::with_capacity(rows.len() + 1);
        let mut top = 0;
        for row in &rows {
            tops.push(top);
            top += self.units(*row);
        }
        tops.push(top);
        (self.rows, self.tops) = (rows, tops);
    }

    fn units(&self, row: Row) -> u32 {
        match (row, self.columns) {
            (Row::Line(at), Some(columns)) => {
                let text = &self.lines[at].text;
                // Bytes are enough to see that a line fits, which nearly all do.
                if text.len() <= columns {
                    return 1;
                }
                let drawn: usize =
                    super::super::ansi::parse(text).iter().map(|span| span.text.chars().count()).sum();
                drawn.min(LINE_LIMIT).div_ceil(columns.max(1)).max(1) as u32
            }
            _ => 1,
        }
    }

    /// Height of all rows in units.
    pub(super) fn height(&self) -> u32 {
        self.tops.last().copied().unwrap_or(0)
    }

    /// First unit of a row.
    pub(super) fn top(&self, row: usize) -> u32 {
        self.tops.get(row).copied().unwrap_or_else(|| self.height())
    }

    /// The row at a unit.
    pub(super) fn row_at(&self, unit: u32) -> usize {
        self.tops.partition_point(|top| *top <= unit).saturating_sub(1).min(self.rows.len().saturating_sub(1))
    }

    /// The row of the line with this number, or of the next one that is shown.
    pub(super) fn row_of(&self, number: u64) -> Option<usize> {
        let row = self.rows.partition_point(|row| match row {
            Row::Head(at) | Row::Line(at) => self.lines[*at].number < number,
        });
        let row = if matches!(self.rows.get(row), Some(Row::Head(_))) { row + 1 } else { row };
        (row < self.rows.len()).then_some(row)
    }
}

#[cfg(test)]
mod tests {
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

    fn model() -> Model {
        let mut model = Model { foldable: true, ..Model::default() };
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
        let mut model = model();
        assert_eq!(model.append(vec![line(3, None, Level::Info), line(5, None, Level::Info)]), 1);
        assert_eq!(model.last(), 5);
    }

    #[test]
    fn done_groups_fold_and_the_failed_one_stays_open() {
        let mut model = model();
        model.fold_done();
        assert_eq!(model.rows(), [Row::Head(0), Row::Head(2), Row::Line(2), Row::Line(3)]);
        model.open_at(1);
        assert_eq!(model.rows().len(), 6);
    }

    #[test]
    fn a_level_hides_lines_and_counts_them() {
        let mut model = model();
        model.level = Some(Level::Error);
        model.rebuild();
        assert_eq!((model.hidden(), model.rows().len()), (3, 3));
    }

    #[test]
    fn wrapped_lines_take_their_height() {
        let mut model = model();
        model.columns = Some(2);
        model.rebuild();
        assert_eq!(model.height(), 2 + 1 + 1 + 2 + 2);
        assert_eq!(model.row_at(4), 4);
        assert_eq!(model.row_of(3), Some(4));
    }

    #[test]
    fn the_oldest_lines_go_when_there_are_too_many() {
        let mut model = Model::default();
        let many = (1..=(KEPT + KEPT / 10 + 1) as u64)
            .map(|number| LogLine { text: String::new(), ..line(0, None, Level::Info) }.with(number));
        model.append(many.collect());
        assert_eq!(model.lines().len(), KEPT);
    }

    trait With {
        fn with(self, number: u64) -> Self;
    }

    impl With for LogLine {
        fn with(self, number: u64) -> Self {
            Self { number, ..self }
        }
    }
}
