//! `spec.source` and `spec.runtime`.

use domain::{
    TenantName,
    function::{FunctionSpec, Runtime},
};

use super::Findings;

/// Most bytes of inline code.
const MOST_CODE: usize = 256 * 1024;
/// Most bytes of an inline dependency file.
const MOST_DEPENDENCIES: usize = 64 * 1024;

pub(super) fn check(found: &mut Findings, spec: &FunctionSpec, tenant: &TenantName) {
    let source = &spec.source;
    found.require(
        source.is_consistent(),
        "spec.source",
        format!("A source of type {0} has the block {0} and no other one.", source.kind.as_str()),
    );
    if let Some(inline) = &source.inline {
        let field = "spec.source.inline.code";
        found.require(!inline.code.trim().is_empty(), field, "Write some code.");
        found.require(
            inline.code.len() <= MOST_CODE,
            field,
            "The code can have at most 256 KiB: upload it as an archive instead.",
        );
        found.require(
            inline.dependencies.as_ref().is_none_or(|text| text.len() <= MOST_DEPENDENCIES),
            "spec.source.inline.dependencies",
            "The dependency file can have at most 64 KiB: upload an archive instead.",
        );
    }
    if let Some(upload) = &source.upload {
        found.require(
            upload.is_of(tenant),
            "spec.source.upload.key",
            "There is no such upload in this tenant.",
        );
    }
    for (field, message) in source.problems() {
        found.add(field, message);
    }
    if source.builds() {
        match &spec.runtime {
            Some(runtime) => handler(found, runtime),
            None => found.add("spec.runtime", "Choose the language that the code is written in."),
        }
    }
}

fn handler(found: &mut Findings, runtime: &Runtime) {
    found.require(
        runtime.handler.len() <= 255 && is_handler(&runtime.handler),
        "spec.runtime.handler",
        "Write file and function with a dot between them, for example main.handler.",
    );
}

/// `<module>.<function>`; the module may be in a folder.
fn is_handler(text: &str) -> bool {
    let word = |part: &str, more: &[u8]| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || more.contains(&b))
    };
    let mut parts = text.split('.');
    let module = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    rest.peek().is_some() && word(module, b"/-") && rest.all(|part| word(part, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_name_a_module_and_a_function() {
        for good in ["main.handler", "src/app.run", "pkg.mod.fn", "_a._b", "my-file.handler"] {
            assert!(is_handler(good), "{good}");
        }
        for bad in ["", "main", "main.", ".handler", "../x.y", "main.1", "a b.c", "main.handler()"] {
            assert!(!is_handler(bad), "{bad}");
        }
    }
}
