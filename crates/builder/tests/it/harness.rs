//! A platform's folders, and builds in them.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use builder::{Outcome, Settings};
use domain::build::{BuildReport, BuildRequest, FailureCategory, Step, StepName};
use domain::function::{InlineSource, Language, Source, UploadSource};
use oci::{Layout, unpack};
use zip::write::SimpleFileOptions;

/// Storage, registry and cache of one test.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
}

/// What a build left.
pub(crate) struct Built {
    pub(crate) outcome: Outcome,
    pub(crate) report: BuildReport,
    pub(crate) log: String,
}

#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests find the machine's interpreters")]
pub(crate) fn search_path() -> String {
    std::env::var("PATH").expect("a search path")
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::open(self.path("images")).unwrap()
    }

    pub(crate) fn settings(&self, request: &BuildRequest) -> Settings {
        Settings {
            spec: serde_json::to_string(request).unwrap(),
            namespace: Some(request.tenant.to_string()),
            storage_url: format!("file:{}", self.path("files").display()),
            registry: format!("layout:{}", self.path("images").display()),
            cache: self.path("cache"),
            work: self.path("work"),
            report: self.path(&format!("report-{}", request.build_id)),
            toolchain: None,
            capabilities: None,
            path: search_path(),
            sandbox: (env!("CARGO_BIN_EXE_builder-sandbox-exec").into(), Vec::new()),
            memory_bytes: 1 << 30,
            secret: Default::default(),
            source_allow: Default::default(),
            ca_file: None,
        }
    }

    pub(crate) async fn build(&self, request: &BuildRequest) -> Built {
        self.build_with(self.settings(request)).await
    }

    pub(crate) async fn build_with(&self, settings: Settings) -> Built {
        let sink = Sink::default();
        let report = settings.report.clone();
        let outcome = builder::run(settings, sink.clone(), std::future::pending()).await;
        let report = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        let left = std::fs::read_dir(self.path("work")).map_or(0, |entries| entries.count());
        assert_eq!(left, 0, "a build leaves no temporary files");
        Built { outcome, report, log: sink.text() }
    }

    /// Stores an archive as the platform does.
    pub(crate) async fn upload(&self, bytes: Vec<u8>) -> Source {
        let storage = storage::open(&format!("file:{}", self.path("files").display())).unwrap();
        let key = "uploads/acme/archive".to_owned();
        let stored = storage.put_bytes(&key, bytes).await.unwrap();
        Source::upload(UploadSource { key, sha256: stored.sha256, size: stored.size as i64, filename: None })
    }

    /// Unpacks the image of a build and tells its folder `/function`.
    pub(crate) fn unpacked(&self, built: &Built, name: &str) -> PathBuf {
        let target = self.path(name);
        std::fs::create_dir(&target).unwrap();
        let layout = self.layout();
        let digest = layout.resolve(built.report.image.as_ref().unwrap()).unwrap().unwrap();
        for layer in layout.image(&digest).unwrap().manifest.layers {
            let blob = std::fs::File::open(layout.blob_path(&layer.digest)).unwrap();
            unpack(blob, &layer.media_type, &target, 1 << 30).unwrap();
        }
        target.join("function")
    }
}

impl Built {
    /// The failure of a build that must have failed.
    pub(crate) fn failure(&self) -> (FailureCategory, &str) {
        assert_eq!(self.outcome, Outcome::Failed, "{}", self.log);
        let failure = self.report.failure.as_ref().unwrap();
        (failure.category, failure.message.as_str())
    }

    pub(crate) fn digest(&self) -> &str {
        assert_eq!(self.outcome, Outcome::Completed, "{}", self.log);
        self.report.digest.as_deref().unwrap()
    }

    pub(crate) fn step(&self, name: StepName) -> &Step {
        self.report.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("{}", self.log))
    }
}

pub(crate) fn request(language: Language, source: Source) -> BuildRequest {
    BuildRequest {
        tenant: "acme".parse().unwrap(),
        function: "hello".parse().unwrap(),
        build_id: "hello-0a1b2c3d-b1".parse().unwrap(),
        correlation_id: "c-1".parse().unwrap(),
        source,
        language,
        handler: "main.handler".into(),
        version: None,
        registry: None,
        repository: "acme/hello".into(),
        tag: None,
        insecure: false,
    }
}

pub(crate) fn inline(language: Language, code: &str, dependencies: Option<&str>) -> BuildRequest {
    let source = InlineSource { code: code.into(), dependencies: dependencies.map(str::to_owned) };
    request(language, Source::inline(source))
}

pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn exists(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}
