//! The refusal of an apply that would change what others own.

use http::StatusCode;

use super::managers::Entry;
use super::set::FieldSet;
use crate::api::status::{ApiError, Cause, Details};

/// 409 with a cause for each field.
pub(super) fn refusal(conflicts: &[(&Entry, FieldSet)]) -> ApiError {
    let mut titled: Vec<(String, Vec<String>)> =
        conflicts.iter().map(|(entry, fields)| (entry.title(), fields.paths())).collect();
    titled.sort();
    let causes: Vec<Cause> =
        titled.iter().flat_map(|(title, paths)| paths.iter().map(move |path| cause(title, path))).collect();
    let (count, noun) = match causes.len() {
        1 => (1, "conflict"),
        more => (more, "conflicts"),
    };
    let lines: Vec<String> = titled
        .iter()
        .map(|(title, paths)| match paths.as_slice() {
            [path] if count == 1 => format!("conflict with {title}: {path}"),
            paths => format!("conflicts with {title}:\n- {}", paths.join("\n- ")),
        })
        .collect();
    let message = format!("Apply failed with {count} {noun}: {}", lines.join("\n"));
    ApiError::new(StatusCode::CONFLICT, "Conflict", message)
        .with_details(Details { causes, ..Details::default() })
}

fn cause(title: &str, path: &str) -> Cause {
    Cause {
        reason: "FieldManagerConflict".to_owned(),
        message: format!("conflict with {title}"),
        field: path.to_owned(),
    }
}
