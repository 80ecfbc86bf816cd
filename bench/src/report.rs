//! The table that is printed and kept in the docs.

use std::fmt;

/// Rows of what, measured, compared with, target.
#[derive(Default)]
pub(crate) struct Report(Vec<[String; 4]>);

impl Report {
    pub(crate) fn add(&mut self, what: &str, measured: String, against: impl Into<String>, target: &str) {
        eprintln!("{what}: {measured}");
        self.0.push([what.to_owned(), measured, against.into(), target.to_owned()]);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | measured | compared with | at most |\n|---|---|---|---|")?;
        for [what, measured, against, target] in &self.0 {
            writeln!(f, "| {what} | {measured} | {against} | {target} |")?;
        }
        Ok(())
    }
}

/// The value that `share` (0 to 1) of the sorted values do not exceed.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len().saturating_sub(1)) as f64 * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}
