//! The table that is printed and kept in the docs.

use std::fmt;

/// Rows of what, measured, compared with, limit, and whether it holds.
#[derive(Default)]
pub(crate) struct Report(Vec<Row>);

struct Row {
    cells: [String; 4],
    met: bool,
}

impl Report {
    /// A figure; `met` says whether it is within `limit`.
    pub(crate) fn add(&mut self, what: &str, measured: String, against: String, limit: &str, met: bool) {
        eprintln!("  {}{what}: {measured} ({against})", if met { "" } else { "NOT MET " });
        self.0.push(Row { cells: [what.to_owned(), measured, against, limit.to_owned()], met });
    }

    /// A part that ended with an error.
    pub(crate) fn broken(&mut self, part: &str, error: &anyhow::Error) {
        self.add(part, "not measured".to_owned(), format!("{error:#}"), "", false);
    }

    pub(crate) fn is_met(&self) -> bool {
        self.0.iter().all(|row| row.met)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | compared with | at most | met |\n|---|---|---|---|---|")?;
        for Row { cells: [what, measured, against, limit], met } in &self.0 {
            let met = if *met { "yes" } else { "no" };
            writeln!(f, "| {what} | {measured} | {against} | {limit} | {met} |")?;
        }
        Ok(())
    }
}

/// Values of one figure.
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, value: f64) {
        let at = self.0.partition_point(|present| *present < value);
        self.0.insert(at, value);
    }

    /// The value that `share` (0 to 1) of them do not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let at = (self.0.len().saturating_sub(1) as f64 * share).round() as usize;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The least and the greatest, with `factor` and `digits` as the unit needs.
    pub(crate) fn spread(&self, factor: f64, digits: usize) -> String {
        format!("{:.digits$} to {:.digits$}", self.quantile(0.0) * factor, self.quantile(1.0) * factor)
    }
}
