//! Stretches of lines that fold: the steps of a build, and what a program prints between
//! `::group::name` and `::endgroup::`.

use std::collections::HashMap;

use domain::{
    Timestamp,
    log::{Level, LogLine},
};

/// Begins a group; the rest of the line is its name.
const BEGIN: &str = "::group::";
/// Ends the group.
const END: &str = "::endgroup::";

/// Lines of one group, as places in the log.
pub(super) struct Group {
    pub(super) from: usize,
    /// The place after its last line.
    pub(super) to: usize,
    pub(super) name: String,
    /// Number of its first line, which stays when places move.
    number: u64,
    /// It begins (and ends) with a line of its own that is not shown.
    pub(super) marked: bool,
    /// Its end was printed.
    pub(super) closed: bool,
    failed: bool,
    /// The Revision or step of its lines.
    of: Option<String>,
    times: (Timestamp, Timestamp),
}

impl Group {
    /// Milliseconds between its first and its last line.
    pub(super) fn millis(&self) -> i64 {
        self.times.1.millis_since(self.times.0)
    }
}

/// All groups in order, and which of them someone folded or opened by hand.
#[derive(Default)]
pub(super) struct Groups {
    all: Vec<Group>,
    /// Build steps are groups, too.
    steps: bool,
    chosen: HashMap<u64, bool>,
}

impl Groups {
    pub(super) fn new(steps: bool) -> Self {
        Self { steps, ..Self::default() }
    }

    /// Forgets the groups, not what was chosen.
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    pub(super) fn get(&self, index: usize) -> Option<&Group> {
        self.all.get(index)
    }

    /// The first group that ends after this place.
    pub(super) fn after(&self, at: usize) -> usize {
        self.all.partition_point(|group| group.to <= at)
    }

    /// The group of a line.
    pub(super) fn of(&self, at: usize) -> Option<usize> {
        let index = self.after(at);
        (self.all.get(index)?.from <= at).then_some(index)
    }

    /// Adds the next line; true when rows before it may look different now.
    pub(super) fn push(&mut self, at: usize, line: &LogLine) -> bool {
        if let Some(name) = line.text.strip_prefix(BEGIN) {
            self.begin(at, line, name.trim().to_owned(), true);
            return true;
        }
        if let Some(group) = self.all.last_mut().filter(|group| group.to == at && !group.closed)
            && group.of == line.group
        {
            group.to = at + 1;
            group.times.1 = line.at;
            group.failed |= line.level == Level::Error;
            group.closed = group.marked && line.text.starts_with(END);
            return group.closed;
        }
        if let Some(step) = line.group.as_ref().filter(|_| self.steps) {
            self.begin(at, line, step.clone(), false);
            return true;
        }
        self.all.last().is_some_and(|group| group.to == at)
    }

    fn begin(&mut self, at: usize, line: &LogLine, name: String, marked: bool) {
        self.all.push(Group {
            from: at,
            to: at + 1,
            name,
            number: line.number,
            marked,
            closed: false,
            failed: line.level == Level::Error,
            of: line.group.clone(),
            times: (line.at, line.at),
        });
    }

    /// Whether only the head is shown. What went well folds when it is done; what runs or failed is open,
    /// and at the end of a log something always is.
    pub(super) fn is_folded(&self, index: usize, lines: usize, ended: bool) -> bool {
        let Some(group) = self.all.get(index) else { return false };
        if let Some(folded) = self.chosen.get(&group.number) {
            return *folded;
        }
        let done = ended || group.closed || group.to < lines;
        let last = self.steps && ended && index + 1 == self.all.len();
        done && !group.failed && !(last && self.all.iter().all(|group| !group.failed))
    }

    /// Folds or opens a group for good.
    pub(super) fn choose(&mut self, index: usize, folded: bool) {
        if let Some(group) = self.all.get(index) {
            self.chosen.insert(group.number, folded);
        }
    }
}
