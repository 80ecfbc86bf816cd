//! Node.js: npm into a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use domain::build::FailureCategory;
use sandbox::Interpreter;
use serde_json::Value;

use super::{Context, Installed, judge, words, workspace};
use crate::cache::Key;
use crate::failure::{Failure, OrInternal, Result};
use crate::process::{Part, Program, WEB};

const MANIFEST: &str = "package.json";
/// What npm reads beside the manifest.
const BESIDE: [&str; 3] = ["package-lock.json", "npm-shrinkwrap.json", ".npmrc"];

pub(super) const WRAPPER: &[(&str, &str)] = &[
    ("wrapper.cjs", include_str!("nodejs/wrapper.cjs")),
    ("kl_events.cjs", include_str!("nodejs/kl_events.cjs")),
    ("kl_logs.cjs", include_str!("nodejs/kl_logs.cjs")),
    ("kl_metrics.cjs", include_str!("nodejs/kl_metrics.cjs")),
];

const CHECK: &str = include_str!("nodejs/check.cjs");

/// Reads every source file without running it, and looks for the handler.
pub(super) async fn check(context: &Context<'_>, handler: &str) -> Result<()> {
    let script = context.scratch.join("check.cjs");
    fs::write(&script, CHECK).or_internal("A temporary file cannot be written")?;
    let mut args = ["--experimental-vm-modules", "--no-warnings"].map(str::to_owned).to_vec();
    args.extend([script.display().to_string(), context.workspace.display().to_string(), handler.to_owned()]);
    let program = Program {
        command: &context.interpreter.program,
        args,
        env: Default::default(),
        read_only: vec![context.workspace.to_owned()],
        folder: context.scratch,
        cwd: context.scratch,
        connect: Vec::new(),
        part: Part::Dependencies,
    };
    judge(&context.tools.run(program, None).await?, context.log)
}

pub(super) fn key(workspace: &Path, interpreter: &Interpreter) -> Result<Option<Key>> {
    let Some(manifest) = manifest(workspace)? else { return Ok(None) };
    // The rest (name, scripts of the function itself, test tools) installs nothing.
    let relevant: Vec<(&str, &Value)> = [
        "dependencies",
        "optionalDependencies",
        "peerDependencies",
        "overrides",
        "bundleDependencies",
        "workspaces",
    ]
    .into_iter()
    .filter_map(|name| Some((name, manifest.get(name)?)))
    .collect();
    let is_empty = |value: &Value| value.as_object().is_some_and(|object| object.is_empty());
    if relevant.iter().all(|(_, value)| is_empty(value)) {
        return Ok(None);
    }
    let mut key = Key::new("nodejs", &interpreter.version);
    let text = serde_json::to_string(&relevant).or_internal("The package.json cannot be read")?;
    key.add(MANIFEST, text.as_bytes());
    for name in BESIDE {
        if let Ok(bytes) = fs::read(workspace.join(name)) {
            key.add(name, &bytes);
        }
    }
    if is_local(&text) {
        key.add_folder(workspace, |path| !is_installed(path))?;
    }
    Ok(Some(key))
}

fn manifest(workspace: &Path) -> Result<Option<Value>> {
    let path = workspace.join(MANIFEST);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = fs::read(path).or_internal("The workspace cannot be read")?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::new(FailureCategory::DependencyError, format!("package.json cannot be read: {error}."))
    })
}

/// Whether packages are taken from folders of the workspace.
fn is_local(manifest: &str) -> bool {
    ["\"file:", "\"link:", "\"./", "\"../", "\"workspaces\""].iter().any(|mark| manifest.contains(mark))
}

fn is_installed(path: &str) -> bool {
    path.split('/').any(|part| part == "node_modules")
}

pub(super) async fn install(context: &Context<'_>) -> Result<Installed> {
    let project = context.scratch.join("project");
    fs::create_dir(&project).or_internal("A temporary folder cannot be made")?;
    let text =
        fs::read_to_string(context.workspace.join(MANIFEST)).or_internal("The workspace cannot be read")?;
    if is_local(&text) {
        workspace::copy(context.workspace, &project, |path| !is_installed(path))?;
    } else {
        for name in [MANIFEST].iter().chain(&BESIDE) {
            let from = context.workspace.join(name);
            if from.is_file() {
                fs::copy(from, project.join(name)).or_internal("The workspace cannot be copied")?;
            }
        }
    }
    let npm = find_npm(&context.tools.toolchain.path())
        .ok_or_else(|| Failure::new(FailureCategory::Internal, "npm is not installed on this machine."))?;
    let locked = BESIDE[..2].iter().any(|name| project.join(name).is_file());
    // Install scripts run: packages with native parts need them, and here they find no secret, no
    // other folder and no network but 80 and 443, as the function itself does later.
    let args = [
        npm.display().to_string(),
        if locked { "ci" } else { "install" }.to_owned(),
        "--omit=dev".to_owned(),
        "--no-audit".to_owned(),
        "--no-fund".to_owned(),
        "--no-update-notifier".to_owned(),
        "--no-progress".to_owned(),
        "--foreground-scripts".to_owned(),
        "--install-links".to_owned(),
        "--userconfig=/dev/null".to_owned(),
        "--globalconfig=/dev/null/none".to_owned(),
        format!("--cache={}", context.scratch.join("npm-cache").display()),
        format!("--prefix={}", project.display()),
    ];
    let program = Program {
        command: &context.interpreter.program,
        args: args.to_vec(),
        env: Default::default(),
        read_only: npm.ancestors().nth(2).map(Path::to_owned).into_iter().collect(),
        folder: context.scratch,
        cwd: &project,
        connect: WEB.to_vec(),
        part: Part::Dependencies,
    };
    let finished = context.tools.run(program, Some(context.log)).await?;
    if !finished.success {
        let message = format!("npm: {}", words(&finished, &["npm error", "npm ERR!"]));
        return Err(Failure::new(FailureCategory::DependencyError, message));
    }
    let installed = project.join("node_modules");
    fs::create_dir_all(&installed).or_internal("The packages cannot be read")?;
    // Holds times.
    match fs::remove_file(installed.join(".package-lock.json")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::internal("The packages cannot be tidied", error));
        }
        _ => {}
    }
    Ok(Installed { folder: installed, compiled: None, place: "node_modules" })
}

/// npm's own script behind the link in the search path.
fn find_npm(path: &str) -> Option<PathBuf> {
    let found = path.split(':').map(|folder| Path::new(folder).join("npm")).find(|npm| npm.is_file())?;
    let real = found.canonicalize().ok()?;
    real.extension().is_some_and(|extension| extension == "js").then_some(real)
}
