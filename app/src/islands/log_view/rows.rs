//! What is shown, in order, and how high it is: a unit is the height of an unwrapped line.

/// One row of the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The head of the group that begins with the line at this place.
    Head(usize),
    /// The line at this place.
    Line(usize),
}

impl Row {
    /// The place of its line.
    pub(super) fn at(self) -> usize {
        let (Self::Head(at) | Self::Line(at)) = self;
        at
    }
}

/// Rows with the unit at which each ends.
#[derive(Default)]
pub(super) struct Rows {
    all: Vec<Row>,
    ends: Vec<u32>,
}

impl Rows {
    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.ends.clear();
    }

    pub(super) fn push(&mut self, row: Row, units: u32) {
        self.ends.push(self.height() + units);
        self.all.push(row);
    }

    pub(super) fn all(&self) -> &[Row] {
        &self.all
    }

    /// Height of all rows in units.
    pub(super) fn height(&self) -> u32 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// First unit of a row.
    pub(super) fn top(&self, row: usize) -> u32 {
        row.checked_sub(1).and_then(|before| self.ends.get(before).copied()).unwrap_or(0)
    }

    /// The row at a unit.
    pub(super) fn at(&self, unit: u32) -> usize {
        self.ends.partition_point(|end| *end <= unit).min(self.all.len().saturating_sub(1))
    }

    /// The row that shows the line at a place, or the next line that is shown.
    pub(super) fn of(&self, at: usize) -> Option<usize> {
        let row = self.all.partition_point(|row| row.at() < at);
        let head = matches!(self.all.get(row), Some(Row::Head(_)));
        let row = if head && row + 1 < self.all.len() { row + 1 } else { row };
        (row < self.all.len()).then_some(row)
    }
}
