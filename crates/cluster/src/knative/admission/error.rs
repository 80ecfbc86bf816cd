//! Refusals of single fields, and how Knative writes several of them down.

/// One refusal: what, where, and sometimes more about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldError {
    message: String,
    paths: Vec<String>,
    details: String,
}

pub(super) type Errors = Vec<FieldError>;

/// A refusal of one field.
pub(super) fn refuse(errors: &mut Errors, message: impl Into<String>, path: impl Into<String>) {
    refuse_all(errors, message, [path.into()], "");
}

/// A refusal of several fields, with details on a line of their own.
pub(super) fn refuse_all(
    errors: &mut Errors,
    message: impl Into<String>,
    paths: impl IntoIterator<Item = String>,
    details: &str,
) {
    let paths = paths.into_iter().collect();
    errors.push(FieldError { message: message.into(), paths, details: details.into() });
}

/// A value outside its bounds.
pub(super) fn out_of_bounds(
    errors: &mut Errors,
    value: impl std::fmt::Display,
    low: impl std::fmt::Display,
    high: impl std::fmt::Display,
    path: impl Into<String>,
) {
    refuse(errors, format!("expected {low} <= {value} <= {high}"), path);
}

/// All refusals in one text: equal ones merged, sorted, one per line.
pub(super) fn message(errors: Errors) -> String {
    let mut merged: Errors = Vec::new();
    for error in errors {
        match merged.iter_mut().find(|m| m.message == error.message && m.details == error.details) {
            Some(same) => same.paths.extend(error.paths),
            None => merged.push(error),
        }
    }
    merged.sort_by(|a, b| (&a.message, &a.details).cmp(&(&b.message, &b.details)));
    let lines = merged.into_iter().map(|mut error| {
        error.paths.sort();
        error.paths.dedup();
        let line = format!("{}: {}", error.message, error.paths.join(", "));
        if error.details.is_empty() { line } else { format!("{line}\n{}", error.details) }
    });
    lines.collect::<Vec<_>>().join("\n")
}
