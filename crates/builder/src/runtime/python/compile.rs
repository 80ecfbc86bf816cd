//! Compiled modules: without them Python compiles all that a function imports anew at each of its starts,
//! because an image cannot be written to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use oci::layer::Entry;

use super::super::{Context, judge, words};
use super::WRAPPER;
use crate::assemble::{ROOT, RUNTIME};
use crate::failure::{Failure, OrInternal, Result};
use crate::process::{Finished, Part, Program};

const COMPILE: &str = include_str!("kl_compile.py");
const CHECK: &str = include_str!("check.py");

/// Reads the user's files, looks for the handler, and tells the folder with the compiled modules.
pub(in crate::runtime) async fn check(context: &Context<'_>, handler: &str) -> Result<PathBuf> {
    let scripts = scripts(context)?;
    let out = made(&context.scratch.join("compiled"))?;
    let args =
        [context.workspace.display().to_string(), inside(""), out.display().to_string(), handler.to_owned()];
    let finished = run(context, &scripts, "check.py", args, context.workspace).await?;
    judge(&finished, context.log)?;
    Ok(out)
}

/// Compiles the modules in `folder`, which will be at `place` below `/function`, into another folder.
pub(super) async fn folder(context: &Context<'_>, folder: &Path, place: &str) -> Result<PathBuf> {
    let scripts = scripts(context)?;
    let out = made(&context.scratch.join("compiled"))?;
    let args = [folder.display().to_string(), inside(place), out.display().to_string()];
    let finished = run(context, &scripts, "kl_compile.py", args, folder).await?;
    if !finished.success {
        return Err(Failure::internal("The packages cannot be compiled", words(&finished, &[])));
    }
    Ok(out)
}

/// The compiled form of the wrapper.
pub(in crate::runtime) async fn wrapper(context: &Context<'_>) -> Result<Vec<Entry>> {
    let source = made(&context.scratch.join("wrapper"))?;
    for (name, text) in WRAPPER {
        fs::write(source.join(name), text).or_internal(WRITE)?;
    }
    let compiled = folder(context, &source, RUNTIME).await?;
    oci::layer::entries(&compiled, &format!("{ROOT}/{RUNTIME}"), |_| true).or_internal(WRITE)
}

const WRITE: &str = "A temporary file cannot be written";

fn inside(place: &str) -> String {
    format!("/{ROOT}/{place}").trim_end_matches('/').to_owned()
}

fn made(folder: &Path) -> Result<PathBuf> {
    fs::create_dir(folder).or_internal(WRITE)?;
    Ok(folder.to_owned())
}

/// A folder with our scripts and nothing else: a script finds the modules beside it before all others.
fn scripts(context: &Context<'_>) -> Result<PathBuf> {
    let folder = made(&context.scratch.join("scripts"))?;
    for (name, text) in [("kl_compile.py", COMPILE), ("check.py", CHECK)] {
        fs::write(folder.join(name), text).or_internal(WRITE)?;
    }
    Ok(folder)
}

async fn run<const N: usize>(
    context: &Context<'_>,
    scripts: &Path,
    script: &str,
    arguments: [String; N],
    read: &Path,
) -> Result<Finished> {
    let mut args = ["-s", "-S", "-B"].map(str::to_owned).to_vec();
    args.push(scripts.join(script).display().to_string());
    args.extend(arguments);
    let program = Program {
        command: &context.interpreter.program,
        args,
        // Sets of constants are written in the order of their hashes by older Pythons.
        env: BTreeMap::from([("PYTHONHASHSEED".to_owned(), "0".to_owned())]),
        read_only: vec![read.to_owned()],
        folder: context.scratch,
        cwd: context.scratch,
        connect: Vec::new(),
        part: Part::Dependencies,
    };
    context.tools.run(program, None).await
}
