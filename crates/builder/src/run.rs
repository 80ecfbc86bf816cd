//! One build, from the request to the report.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use domain::build::{BuildReport, BuildRequest, FailureCategory, StepName};
use egress::Allowed;
use futures::FutureExt;
use oci::{Image, Layer, Layout};
use sandbox::{Capabilities, Launcher, Toolchain};
use tempfile::TempDir;

use crate::cache::Cache;
use crate::failure::{Failure, OrInternal, Result};
use crate::fetch::{self, fetch};
use crate::log::Log;
use crate::process::Tools;
use crate::runtime::{Context, Installed, Runtime};
use crate::steps::Steps;
use crate::{assemble, plan, push, report};

/// What the process was started with. No `Debug`: `secret` is none of a log's business.
#[derive(Clone)]
pub struct Settings {
    /// `BUILD_SPEC`: a [`BuildRequest`] as JSON.
    pub spec: String,
    /// `KL_NAMESPACE`: where the build's Pod runs, by the word of the node.
    pub namespace: Option<String>,
    /// `KL_STORAGE_URL`
    pub storage_url: String,
    /// `KL_REGISTRY`: `layout:<folder>`.
    pub registry: String,
    /// `KL_CACHE_DIR`
    pub cache: PathBuf,
    /// A folder for temporary files, on a disk.
    pub work: PathBuf,
    /// Where the report goes: `TERMINATION_MESSAGE_PATH`, else `/dev/termination-log`.
    pub report: PathBuf,
    /// `KL_TOOLCHAIN`: the interpreters, as who starts builds has found them. Asking them takes longer
    /// than all the rest of a small build.
    pub toolchain: Option<Toolchain>,
    /// `KL_SANDBOX`: what the sandbox can do here, as who starts builds has found it.
    pub capabilities: Option<Capabilities>,
    /// Where they are looked for otherwise: `PATH`.
    pub path: String,
    /// Our own program, and the arguments with which it does nothing but `sandbox::child_main`.
    pub sandbox: (PathBuf, Vec<String>),
    /// Memory of one foreign program with its children.
    pub memory_bytes: u64,
    /// `SOURCE_SECRET_…`: what the source's Secret holds, by its keys.
    pub secret: BTreeMap<String, String>,
    /// `KL_SOURCE_ALLOW`: hosts that sources may come from although they are not public.
    pub source_allow: Allowed,
    /// `KL_CA_FILE`: authorities that are trusted beside the machine's.
    pub ca_file: Option<PathBuf>,
}

/// How a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An image came out.
    Completed,
    /// The report says why not.
    Failed,
    /// `shutdown` came first.
    Cancelled,
}

impl Outcome {
    /// Of the process: 0 for an image, else 1.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Failed | Self::Cancelled => 1,
        }
    }
}

/// Builds. The log goes to `out`, line by line; when `shutdown` completes first, everything that was
/// started is ended and temporary files are gone when this returns.
pub async fn run(
    settings: Settings,
    out: impl Write + Send + 'static,
    shutdown: impl Future<Output = ()>,
) -> Outcome {
    let log = Log::new(out);
    let mut steps = Steps::default();
    let ended = tokio::select! {
        ended = build(&settings, &log, &mut steps) => Some(ended),
        () = shutdown => None,
    };
    let mut done = BuildReport { image: None, digest: None, failure: None, steps: Vec::new() };
    let outcome = match ended {
        Some(Ok((repository, image))) => {
            done.image = Some(format!("{repository}@{}", image.digest));
            done.digest = Some(image.digest.to_string());
            Outcome::Completed
        }
        Some(Err(Failure(failure))) => {
            log.error(format!("The build failed: {}", failure.message));
            log.say(failure.category.remedy());
            done.failure = Some(failure);
            Outcome::Failed
        }
        None => {
            log.say("The build was ended.");
            Outcome::Cancelled
        }
    };
    done.steps = steps.finish(outcome == Outcome::Failed);
    if let Err(error) = report::write(&settings.report, &done) {
        log.error(format!("The report could not be written: {error}."));
    }
    outcome
}

async fn build(settings: &Settings, log: &Log, steps: &mut Steps) -> Result<(String, Image)> {
    steps.begin(StepName::Fetch);
    let step = log.step(StepName::Fetch);
    let request: BuildRequest =
        serde_json::from_str(&settings.spec).or_internal("The build's request cannot be read")?;
    step.say(format!("Build {} of {}/{}.", request.build_id, request.tenant, request.function));
    plan::check_tenant(&request, settings.namespace.as_deref())?;
    let layout = plan::layout(&request, &settings.registry)?;
    plan::check_source(&request)?;
    let folder = work_folder(&settings.work)?;
    let workspace = subfolder(folder.path(), "workspace")?;
    let scratch = subfolder(folder.path(), "source")?;
    let context = fetch::Context { settings, scratch: &scratch, workspace: &workspace, log: &step };
    let tools = tools(settings).shared();
    let (fetched, tools) = tokio::join!(fetch(&request, tools.clone(), &context), tools);
    let stripped = fetched?;
    let interpreter = plan::interpreter(&request, &tools)?;
    let Some(runtime) = Runtime::of(request.language) else {
        return Err(Failure::new(
            FailureCategory::CompileError,
            "This language cannot be built by this version.",
        ));
    };
    step.say(format!("{} {}, handler {}.", request.language.label(), interpreter.version, request.handler));
    if let Some((top, inner)) = stripped.and_then(|top| {
        let inner = request.handler.strip_prefix(&format!("{top}/"))?.to_owned();
        Some((top, inner))
    }) {
        let message = format!(
            "Everything is in the folder {top}, which is left out of the paths: the handler is {inner}."
        );
        return Err(Failure::new(FailureCategory::CompileError, message));
    }

    let writing = layout.using().or_internal("The image folder cannot be used")?;
    steps.begin(StepName::Dependencies);
    let step = log.step(StepName::Dependencies);
    let scratch = subfolder(folder.path(), "dependencies")?;
    let context =
        Context { tools: &tools, interpreter, workspace: &workspace, scratch: &scratch, log: &step };
    let cache = Cache::of_tenant(&settings.cache, &request.tenant)?;
    let dependencies = dependencies(runtime, &context, &cache, &layout, steps).await?;

    steps.begin(StepName::Assemble);
    let step = log.step(StepName::Assemble);
    step.say("Checking the code.");
    let scratch = subfolder(folder.path(), "check")?;
    let context = Context { scratch: &scratch, log: &step, ..context };
    let compiled = runtime.check(&context, &request.handler).await?;
    step.say("The code was checked and the handler is there.");
    let has_dependencies = dependencies.is_some();
    let mut layers: Vec<Layer> = dependencies.into_iter().collect();
    layers.push(assemble::code(&layout, &workspace, compiled.as_deref(), has_dependencies)?);
    // In a sandbox of its own, where nothing of the user's is: all tenants run it.
    let scratch = subfolder(folder.path(), "runtime")?;
    let context = Context { scratch: &scratch, ..context };
    let cache = Cache::of_platform(&settings.cache)?;
    layers.push(assemble::runtime(&layout, &cache, runtime, &context).await?);
    let config = assemble::config(runtime, &request.handler, &interpreter.version);

    steps.begin(StepName::Push);
    let image = push::push(&request, &layout, config, &layers, &log.step(StepName::Push))?;
    drop(writing);
    Ok((request.repository, image))
}

async fn dependencies(
    runtime: Runtime,
    context: &Context<'_>,
    cache: &Cache,
    layout: &Layout,
    steps: &mut Steps,
) -> Result<Option<Layer>> {
    let Some(key) = runtime.key(context.workspace, context.interpreter)? else {
        context.log.say("There are no dependencies.");
        return Ok(None);
    };
    if let Some(layer) = cache.get(&key, layout) {
        steps.cached();
        context.log.say("The dependencies have not changed: they are taken from the cache.");
        return Ok(Some(layer));
    }
    let Installed { folder, compiled, place } = runtime.install(context).await?;
    let prefix = format!("{}/{place}", assemble::ROOT);
    let target = layout.clone();
    let packed = tokio::task::spawn_blocking(move || {
        let keep = |path: &str| !path.ends_with("__pycache__");
        let mut entries = oci::layer::entries(&folder, &prefix, keep)?;
        if let Some(compiled) = compiled {
            entries.extend(oci::layer::entries(&compiled, &prefix, |_| true)?);
        }
        // Holds the temporary folder's name.
        entries.retain(|entry| !entry.path.ends_with(".dist-info/direct_url.json"));
        target.put_layer(entries, oci::Compression::Zstd)
    });
    let layer = packed
        .await
        .or_internal("The packages cannot be packed")?
        .or_internal("The packages cannot be packed")?;
    cache.put(&key, &layer, layout)?;
    context.log.say(format!("Installed: a layer of {} bytes.", layer.blob.size));
    Ok(Some(layer))
}

pub(crate) async fn tools(settings: &Settings) -> Tools {
    let (program, args) = &settings.sandbox;
    let toolchain = async {
        match &settings.toolchain {
            Some(toolchain) => toolchain.clone(),
            None => Toolchain::discover(&settings.path).await,
        }
    };
    let launcher = async {
        let launcher = match &settings.capabilities {
            Some(found) => Launcher::told(program.clone(), args.clone(), found.clone()),
            None => Launcher::new(program.clone(), args.clone()).await,
        };
        // It gets ready while the source is fetched.
        launcher.prepare().await;
        launcher
    };
    let (launcher, toolchain) = tokio::join!(launcher, toolchain);
    Tools { launcher, toolchain, memory_bytes: settings.memory_bytes }
}

/// Gone with everything in it when it is dropped.
pub(crate) fn work_folder(work: &Path) -> Result<TempDir> {
    let what = "A temporary folder cannot be made";
    std::fs::create_dir_all(work).or_internal(what)?;
    let folder = tempfile::Builder::new().prefix("build-").tempdir_in(work).or_internal(what)?;
    open_to_all(folder.path())?;
    Ok(folder)
}

pub(crate) fn subfolder(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::create_dir(&path).or_internal("A temporary folder cannot be made")?;
    open_to_all(&path)?;
    // The sandbox shows folders under their real path.
    path.canonicalize().or_internal("A temporary folder cannot be made")
}

/// The sandbox's user is another one and must be able to read what it is shown.
fn open_to_all(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .or_internal("A temporary folder cannot be made")
}
