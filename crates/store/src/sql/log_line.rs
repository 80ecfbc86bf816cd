//! Lines as rows, and the query over them.

use domain::{
    Timestamp,
    log::{Level, LogLine, LogQuery, Stream},
};
use sqlx::QueryBuilder;

use super::{Database, LIKE, like, text};

/// A stored line.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    number: i64,
    at: i64,
    stream: i64,
    level: i64,
    step: Option<String>,
    text: String,
}

impl Row {
    pub(super) fn line(self) -> LogLine {
        LogLine {
            number: self.number as u64,
            at: Timestamp::from_millis(self.at),
            stream: match self.stream {
                1 => Stream::Stdout,
                2 => Stream::Stderr,
                _ => Stream::Platform,
            },
            level: match self.level {
                1 => Level::Debug,
                2 => Level::Info,
                3 => Level::Warn,
                _ => Level::Error,
            },
            text: self.text,
            group: self.step,
        }
    }
}

pub(super) const fn stream(stream: Stream) -> i64 {
    match stream {
        Stream::Stdout => 1,
        Stream::Stderr => 2,
        Stream::Platform => 3,
    }
}

pub(super) const fn level(level: Level) -> i64 {
    match level {
        Level::Debug => 1,
        Level::Info => 2,
        Level::Warn => 3,
        Level::Error => 4,
    }
}

/// Whether the query looks for some of the lines only.
pub(super) fn is_filtered(query: &LogQuery) -> bool {
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    query.level.is_some_and(|least| least > Level::Debug)
        || given(&query.text)
        || given(&query.correlation)
        || given(&query.group)
}

/// `FROM … WHERE` of the lines of a log that match.
pub(super) fn push_matching(sql: &mut QueryBuilder<Database>, log: i64, query: &LogQuery) {
    sql.push(" FROM log_lines WHERE log = ").push_bind(log);
    if let Some(least) = query.level.filter(|least| *least > Level::Debug) {
        sql.push(" AND level >= ").push_bind(level(least));
    }
    if let Some(part) = query.text.as_deref().filter(|part| !part.is_empty()) {
        sql.push(" AND text ").push(LIKE).push_bind(like(part)).push(" ESCAPE '\\'");
    }
    if let Some(correlation) = query.correlation.as_deref().filter(|text| !text.is_empty()) {
        sql.push(" AND correlation = ").push_bind(text(correlation).to_string());
    }
    if let Some(group) = query.group.as_deref().filter(|text| !text.is_empty()) {
        sql.push(" AND step = ").push_bind(text(group).to_string());
    }
}
