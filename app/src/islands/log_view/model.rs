//! The lines of a log and which of them are rows: folding, filtering, heights. No document here.

use std::collections::HashMap;

use domain::log::{Level, LogLine};

use super::{
    fields,
    groups::{Group, Groups},
    rows::{Row, Rows},
};
use crate::islands::ansi;

/// Characters of a line that are drawn; the download has them all.
pub(super) const LINE_LIMIT: usize = 64 * 1024;
/// Lines kept in the browser; older ones are fetched again when scrolled to.
pub(super) const KEPT: usize = 100_000;

struct Held {
    line: LogLine,
    /// Columns that its text takes.
    width: u32,
    /// It is left out by the filter of fields.
    filtered: bool,
}

/// Lines in order, and the rows that show them.
#[derive(Default)]
pub(super) struct Model {
    lines: Vec<Held>,
    groups: Groups,
    rows: Rows,
    /// Lines of each level.
    counts: [usize; 4],
    /// Numbers of the lines whose fields are shown, and how many they have.
    expanded: HashMap<u64, u32>,
    filtered: usize,
    /// Nothing more will come.
    ended: bool,
    level: Option<Level>,
    columns: Option<usize>,
}

impl Model {
    /// No lines yet. Steps of a build are groups; the Revisions of a function's lines are not.
    pub(super) fn new(steps: bool) -> Self {
        Self { groups: Groups::new(steps), ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn line(&self, at: usize) -> &LogLine {
        &self.lines[at].line
    }

    /// All lines from a place on.
    pub(super) fn from(&self, at: usize) -> impl Iterator<Item = &LogLine> {
        self.lines.get(at..).unwrap_or_default().iter().map(|held| &held.line)
    }

    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    pub(super) fn first(&self) -> u64 {
        self.lines.first().map_or(0, |held| held.line.number)
    }

    pub(super) fn last(&self) -> u64 {
        self.lines.last().map_or(0, |held| held.line.number)
    }

    /// The place of the line with this number.
    pub(super) fn place_of(&self, number: u64) -> Option<usize> {
        self.lines.binary_search_by_key(&number, |held| held.line.number).ok()
    }

    /// The row of the line with this number, or of the next one that is shown.
    pub(super) fn row_of(&self, number: u64) -> Option<usize> {
        self.rows.of(self.lines.partition_point(|held| held.line.number < number))
    }

    /// The place of the first error.
    pub(super) fn first_error(&self) -> Option<usize> {
        self.lines.iter().position(|held| held.line.level == Level::Error)
    }

    /// Adds newer lines; those that are there already are skipped, so a resumed stream doubles
    /// nothing. The answer is how many were new.
    pub(super) fn append(&mut self, lines: Vec<LogLine>) -> usize {
        let before = self.lines.len();
        let mut stale = false;
        for line in lines {
            if line.number > self.last() {
                stale |= self.groups.push(self.lines.len(), &line);
                self.counts[line.level as usize] += 1;
                self.lines.push(Held { width: ansi::width(&line.text), line, filtered: false });
            }
        }
        let added = self.lines.len() - before;
        if self.lines.len() > KEPT + KEPT / 10 {
            self.lines.drain(..self.lines.len() - KEPT);
            self.moved();
        } else if stale {
            self.rebuild();
        } else {
            self.fill(before);
        }
        added
    }

    /// Adds older lines in front.
    pub(super) fn prepend(&mut self, lines: Vec<LogLine>) {
        let first = self.first();
        let older = lines.into_iter().filter(|line| first == 0 || line.number < first);
        let older = older.map(|line| Held { width: ansi::width(&line.text), line, filtered: false });
        self.lines.splice(..0, older);
        self.moved();
    }

    /// Nothing more will come: what is done folds.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.rebuild();
    }

    /// Folds or opens the group of the head at this place.
    pub(super) fn fold(&mut self, at: usize) {
        if let Some(index) = self.groups.of(at) {
            self.groups.choose(index, !self.groups.is_folded(index, self.lines.len(), self.ended));
            self.rebuild();
        }
    }

    /// Opens the group of a line, so that it can be seen.
    pub(super) fn open_at(&mut self, at: usize) {
        if let Some(index) = self.groups.of(at)
            && self.groups.is_folded(index, self.lines.len(), self.ended)
        {
            self.groups.choose(index, false);
            self.rebuild();
        }
    }

    /// The group whose head is at this place, and whether it is folded.
    pub(super) fn group(&self, at: usize) -> Option<(&Group, bool)> {
        let index = self.groups.of(at)?;
        Some((self.groups.get(index)?, self.groups.is_folded(index, self.lines.len(), self.ended)))
    }

    /// Shows the fields of a line, which are this many, or hides them again.
    pub(super) fn expand(&mut self, number: u64, fields: u32) {
        if self.expanded.remove(&number).is_none() {
            self.expanded.insert(number, fields);
        }
        self.rebuild();
    }

    pub(super) fn is_expanded(&self, number: u64) -> bool {
        self.expanded.contains_key(&number)
    }

    /// Shows only lines of this level or a worse one.
    pub(super) fn set_level(&mut self, least: Option<Level>) {
        self.level = least;
        self.rebuild();
    }

    pub(super) fn level(&self) -> Option<Level> {
        self.level
    }

    /// Characters in a row when lines are wrapped.
    pub(super) fn set_columns(&mut self, columns: Option<usize>) {
        if self.columns != columns {
            self.columns = columns;
            self.rebuild();
        }
    }

    /// Leaves out the lines from a place on that do not fit; [`Self::rebuild`] shows it.
    pub(super) fn filter(&mut self, from: usize, to: usize, fits: impl Fn(&LogLine) -> bool) {
        let to = to.min(self.lines.len());
        for held in self.lines.get_mut(from..to).unwrap_or_default() {
            held.filtered = !fits(&held.line);
        }
    }

    /// Lines that level and fields hide.
    pub(super) fn hidden(&self) -> usize {
        let below = self.level.map_or(0, |least| self.counts[..least as usize].iter().sum());
        below + self.filtered
    }

    /// Warnings and worse, and errors.
    pub(super) fn bad(&self) -> [usize; 2] {
        [Level::Warn, Level::Error].map(|least| self.counts[least as usize..].iter().sum())
    }

    /// After places moved: groups and counts anew.
    fn moved(&mut self) {
        self.groups.clear();
        self.counts = [0; 4];
        for (at, held) in self.lines.iter().enumerate() {
            self.groups.push(at, &held.line);
            self.counts[held.line.level as usize] += 1;
        }
        self.rebuild();
    }

    /// Makes the rows anew.
    pub(super) fn rebuild(&mut self) {
        self.rows.clear();
        self.filtered = 0;
        self.fill(0);
    }

    /// Adds the rows of the lines from this place on.
    fn fill(&mut self, from: usize) {
        let mut index = self.groups.after(from);
        let mut folded = self.groups.is_folded(index, self.lines.len(), self.ended);
        for (at, held) in self.lines.iter().enumerate().skip(from) {
            while self.groups.get(index).is_some_and(|group| group.to <= at) {
                index += 1;
                folded = self.groups.is_folded(index, self.lines.len(), self.ended);
            }
            let group = self.groups.get(index).filter(|group| group.from <= at);
            if let Some(group) = group {
                if group.from == at {
                    self.rows.push(Row::Head(at), 1);
                }
                let mark = group.from == at || (group.closed && group.to == at + 1);
                if folded || (group.marked && mark) {
                    continue;
                }
            }
            let level = self.level.is_none_or(|least| held.line.level >= least);
            self.filtered += usize::from(level && held.filtered);
            if level && !held.filtered {
                self.rows.push(Row::Line(at), units(held, self.columns, &self.expanded));
            }
        }
    }
}

/// Height of a line.
fn units(held: &Held, columns: Option<usize>, expanded: &HashMap<u64, u32>) -> u32 {
    let drawn = (held.width as usize).min(LINE_LIMIT);
    let lines = columns.map_or(1, |columns| {
        // What stands before the text, as wide as the style sheet makes it.
        let mark = if held.line.level >= Level::Warn { 7 } else { 0 };
        let button = if fields::looks_like(&held.line.text) { 5 } else { 0 };
        drawn.div_ceil(columns.saturating_sub(mark + button).max(1)).max(1) as u32
    });
    let fields = if expanded.is_empty() { None } else { expanded.get(&held.line.number) };
    lines + fields.copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
