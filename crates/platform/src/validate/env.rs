//! `spec.env`.

use std::collections::HashSet;

use domain::function::EnvVar;

use super::Findings;

/// Names that the platform or Knative set themselves.
const RESERVED: [&str; 4] = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];
/// Bytes of all names and values together.
const MOST_BYTES: usize = 64 * 1024;

pub(super) fn check(found: &mut Findings, env: &[EnvVar]) {
    let mut seen = HashSet::new();
    for (at, var) in env.iter().enumerate() {
        let field = format!("spec.env[{at}].name");
        if !is_env_name(&var.name) {
            found.add(field, "Use letters, digits, _, . and -, and begin with a letter or _.");
        } else if RESERVED.contains(&var.name.as_str()) {
            found.add(field, format!("{} is set by the platform: choose another name.", var.name));
        } else if !seen.insert(var.name.as_str()) {
            found.add(field, format!("{} is there twice.", var.name));
        }
        let sources = var.value_from.as_ref().map_or(0, |from| {
            usize::from(from.secret_key_ref.is_some()) + usize::from(from.config_map_key_ref.is_some())
        });
        if var.value_from.is_some() && (var.value.as_ref().is_some_and(|v| !v.is_empty()) || sources != 1) {
            found.add(format!("spec.env[{at}]"), "Give a value or one reference, not both.");
        }
    }
    let bytes: usize = env.iter().map(|var| var.name.len() + var.value.as_ref().map_or(0, String::len)).sum();
    found.require(bytes <= MOST_BYTES, "spec.env", "All variables together can have at most 64 KiB.");
}

/// Whether a variable can have this name.
pub(crate) fn is_env_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let first = name.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.len() <= 253
        && name.bytes().all(inner)
}
