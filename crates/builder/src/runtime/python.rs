//! Python: pip into a folder of its own.

mod compile;

use std::fs;
use std::path::Path;

use domain::build::FailureCategory;
use sandbox::Interpreter;

use super::{Context, Installed, words, workspace};
use crate::assemble::PACKAGES;
use crate::cache::Key;
use crate::failure::{Failure, OrInternal, Result};
use crate::process::{Part, Program, WEB};

const REQUIREMENTS: &str = "requirements.txt";

pub(super) const WRAPPER: &[(&str, &str)] = &[
    ("wrapper.py", include_str!("python/wrapper.py")),
    ("kl_function.py", include_str!("python/kl_function.py")),
    ("kl_events.py", include_str!("python/kl_events.py")),
    ("kl_http.py", include_str!("python/kl_http.py")),
    ("kl_logs.py", include_str!("python/kl_logs.py")),
    ("kl_metrics.py", include_str!("python/kl_metrics.py")),
];

pub(super) use compile::{check, wrapper as compile_wrapper};

pub(super) fn key(workspace: &Path, interpreter: &Interpreter) -> Result<Option<Key>> {
    if !workspace.join(REQUIREMENTS).is_file() {
        return Ok(None);
    }
    let text = read(workspace)?;
    let mut lines = relevant_lines(&text).peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    let mut key = Key::new("python", &interpreter.version);
    let (mut relevant, mut local) = (String::new(), false);
    for line in lines {
        relevant.push_str(line);
        relevant.push('\n');
        local |= names_a_file(line);
    }
    key.add(REQUIREMENTS, relevant.as_bytes());
    if local {
        key.add_folder(workspace, |_| true)?;
    }
    Ok(Some(key))
}

fn read(workspace: &Path) -> Result<String> {
    let bytes = fs::read(workspace.join(REQUIREMENTS)).or_internal("The workspace cannot be read")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Without comments and empty lines, which install nothing.
fn relevant_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether the line takes something from the workspace: another list, or a package in a folder.
fn names_a_file(line: &str) -> bool {
    let options = ["-r", "-c", "-e", "--requirement", "--constraint", "--editable", "-f", "--find-links"];
    options.iter().any(|option| line.starts_with(option))
        || line.starts_with(['.', '/'])
        || line.contains("file:")
        || line.contains("@ .")
        || line
            .split([' ', '\t', ';', '['])
            .next()
            .is_some_and(|name| !name.contains("://") && (name.contains('/') || is_archive(name)))
}

/// What pip looks for in its folder before it asks an index for a package of that name.
fn is_archive(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        ".whl",
        ".zip",
        ".tar",
        ".tar.gz",
        ".tgz",
        ".tar.bz2",
        ".tbz",
        ".tar.xz",
        ".txz",
        ".tar.lz",
        ".tlz",
        ".tar.lzma",
    ];
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

pub(super) async fn install(context: &Context<'_>) -> Result<Installed> {
    let target = context.scratch.join("packages");
    let local = relevant_lines(&read(context.workspace)?).any(names_a_file);
    let place = if local {
        // A package is built in its own folder, and the workspace cannot be written.
        let copy = context.scratch.join("source");
        fs::create_dir(&copy).or_internal("A temporary folder cannot be made")?;
        workspace::copy(context.workspace, &copy, |_| true)?;
        copy
    } else {
        context.workspace.to_owned()
    };
    let mut args: Vec<String> =
        ["-I", "-B", "-m", "pip", "install", "--isolated"].map(str::to_owned).to_vec();
    args.extend(
        [
            "--disable-pip-version-check",
            "--no-input",
            "--no-cache-dir",
            // Times would get into the compiled files, and the same input would not be the same.
            "--no-compile",
            "--no-warn-script-location",
            "--progress-bar=off",
            "--root-user-action=ignore",
        ]
        .map(str::to_owned),
    );
    let certificates = "/etc/ssl/certs/ca-certificates.crt";
    if Path::new(certificates).exists() {
        args.push(format!("--cert={certificates}"));
    }
    args.push(format!("--target={}", target.display()));
    args.push(format!("--requirement={}", place.join(REQUIREMENTS).display()));
    let program = Program {
        command: &context.interpreter.program,
        args,
        // Else the machine's own settings would choose the index.
        env: [("PIP_CONFIG_FILE".to_owned(), "/dev/null".to_owned())].into(),
        read_only: vec![context.workspace.to_owned()],
        folder: context.scratch,
        cwd: &place,
        connect: WEB.to_vec(),
        part: Part::Dependencies,
    };
    let finished = context.tools.run(program, Some(context.log)).await?;
    if !finished.success {
        if finished.stderr.contains("No module named pip") {
            return Err(Failure::new(FailureCategory::Internal, "This machine's Python has no pip."));
        }
        let message = format!("pip: {}", words(&finished, &["ERROR:", "error:"]));
        return Err(Failure::new(FailureCategory::DependencyError, message));
    }
    // Programs of packages begin with the path of this machine's interpreter; a function imports.
    for extra in ["bin", "__pycache__"] {
        match fs::remove_dir_all(target.join(extra)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::internal("The packages cannot be tidied", error));
            }
            _ => {}
        }
    }
    fs::create_dir_all(&target).or_internal("The packages cannot be read")?;
    let compiled = compile::folder(context, &target, PACKAGES).await?;
    Ok(Installed { folder: target, compiled: Some(compiled), place: PACKAGES })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_beside_the_list_that_was_replaced_left_the_old_packages_in_place() {
        for line in ["mylib-1.0-py3-none-any.whl", "x.tar.gz ; python_version > '3'", "X.ZIP[extra]"] {
            assert!(names_a_file(line), "{line}");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(REQUIREMENTS), "mylib-1.0-py3-none-any.whl\n").unwrap();
        let interpreter =
            Interpreter { program: "python3".into(), prefix: "/usr".into(), version: "3.13".to_owned() };
        let key_of = |bytes: &str| {
            fs::write(folder.path().join("mylib-1.0-py3-none-any.whl"), bytes).unwrap();
            format!("{:?}", key(folder.path(), &interpreter).ok().flatten().map(|key| key.name()))
        };
        assert_ne!(key_of("one"), key_of("another"));
    }

    #[test]
    fn lines_that_take_something_from_the_workspace_are_told_from_names() {
        for line in
            ["-r more.txt", "-e .", "./lib", "lib/x.whl", "x @ file:///function/x", "--constraint c.txt"]
        {
            assert!(names_a_file(line), "{line}");
        }
        for line in [
            "six==1.16.0",
            "requests[socks]>=2",
            "--index-url https://example.org/simple",
            "x @ https://e.org/x.whl",
            "https://e.org/x-1.0.tar.gz",
        ] {
            assert!(!names_a_file(line), "{line}");
        }
    }
}
