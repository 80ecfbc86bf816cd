//! Cursors: the sort key of the last row of a page.

use domain::{Cursor, Page};

use crate::{Error, Result};

/// Numbers joined by dots, as many as the list has sort keys.
pub(crate) fn encode(keys: &[i64]) -> Cursor {
    Cursor(keys.iter().map(i64::to_string).collect::<Vec<_>>().join("."))
}

/// The numbers of a cursor; none given: those that stand before every row of a descending list.
pub(crate) fn decode<const N: usize>(cursor: Option<&Cursor>) -> Result<[i64; N]> {
    let Some(Cursor(text)) = cursor else { return Ok([i64::MAX; N]) };
    let numbers: Result<Vec<i64>, _> = text.split('.').map(str::parse).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).ok_or(Error::Cursor)
}

/// A page from one row more than it may have.
pub(crate) fn page<T>(mut rows: Vec<T>, limit: u32, keys: impl Fn(&T) -> Vec<i64>) -> Page<T> {
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|last| encode(&keys(last)));
    Page { items: rows, next }
}
