//! Builds without dependencies: images, reports, failures of the code.

use domain::build::{BuildReport, FailureCategory, StepName};
use domain::function::{Language, SourceType};
use serde_json::Value;

use crate::harness::{Bench, inline, request, zip};

const PYTHON: &str = "def handler(event):\n    return event\n";

#[tokio::test]
async fn a_small_zip_becomes_an_image_with_a_report_of_its_steps() {
    let bench = Bench::new();
    let data = "x = 1  # filler\n".repeat(640);
    let source = bench.upload(zip(&[("hello/main.py", PYTHON), ("hello/lib/data.py", &data)])).await;
    let built = bench.build(&request(Language::Python, source)).await;
    let digest = built.digest();
    assert_eq!(built.report.image.as_deref(), Some(format!("acme/hello@{digest}").as_str()));
    let names: Vec<_> = built.report.steps.iter().map(|step| step.name).collect();
    assert_eq!(names, StepName::ALL);
    let layout = bench.layout();
    assert_eq!(layout.resolve("acme/hello:hello-0a1b2c3d-b1").unwrap().unwrap().as_str(), digest);
    let image = layout.image(&digest.parse().unwrap()).unwrap();
    assert_eq!(image.config.config.entrypoint, ["python3", "-I", "-S", "/function/.runtime/wrapper.py"]);
    assert_eq!(image.config.config.env, ["KL_HANDLER=main.handler"]);
    assert_eq!(image.config.config.labels["io.knative.lambda.runtime"], "python");
    let folder = bench.unpacked(&built, "image");
    assert_eq!(std::fs::read_to_string(folder.join("main.py")).unwrap(), PYTHON);
}

#[tokio::test]
async fn the_same_source_gives_the_same_digest_in_another_place() {
    let (one, other) = (Bench::new(), Bench::new());
    let files = [("main.py", PYTHON), ("lib/a.py", "A = 1\n")];
    let first = one.build(&request(Language::Python, one.upload(zip(&files)).await)).await;
    let mut again = request(Language::Python, other.upload(zip(&[files[1], files[0]])).await);
    again.build_id = "hello-0a1b2c3d-b2".parse().unwrap();
    assert_eq!(other.build(&again).await.digest(), first.digest());
    let changed = other.upload(zip(&[("main.py", "def handler(e): pass\n")])).await;
    assert_ne!(other.build(&request(Language::Python, changed)).await.digest(), first.digest());
}

#[tokio::test]
async fn samples_build_in_every_language() {
    let bench = Bench::new();
    for language in [Language::Python, Language::Nodejs] {
        let sample = runtimes::sample(language).unwrap();
        bench.build(&inline(language, sample.code, Some(sample.dependencies))).await.digest();
    }
}

#[tokio::test]
async fn the_log_is_lines_of_json_with_their_step() {
    let bench = Bench::new();
    let built = bench.build(&inline(Language::Python, PYTHON, None)).await;
    let lines: Vec<Value> = built.log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for name in StepName::ALL {
        assert!(lines.iter().any(|line| line["group"] == name.as_str()), "{name:?}");
    }
    assert!(lines.iter().all(|line| line["stream"] == "platform" && line["at"].is_string()));
}

#[tokio::test]
async fn an_error_of_syntax_names_file_and_line() {
    let bench = Bench::new();
    let built = bench.build(&inline(Language::Python, "x = 1\ndef handler(event:\n    pass\n", None)).await;
    let (category, message) = built.failure();
    assert_eq!(category, FailureCategory::CompileError);
    assert!(message.starts_with("main.py:2: SyntaxError"), "{message}");
    assert!(built.step(StepName::Assemble).failed);
    let built = bench.build(&inline(Language::Nodejs, "exports.handler = 1;\nlet x = ;\n", None)).await;
    assert!(built.failure().1.starts_with("main.js:2: SyntaxError"), "{}", built.failure().1);
    let source = bench.upload(zip(&[("main.mjs", "export const handler = 1;\n\nlet let = 2\n")])).await;
    let built = bench.build(&request(Language::Nodejs, source)).await;
    assert!(built.failure().1.starts_with("main.mjs:3: SyntaxError"), "{}", built.failure().1);
}

#[tokio::test]
async fn a_handler_that_is_not_there_is_named_with_those_that_are() {
    let bench = Bench::new();
    let cases = [
        (Language::Python, "def other(event): pass\n", "main.py has no function handler; it has other."),
        (Language::Nodejs, "exports.other = 1\n", "main.js exports no function handler."),
    ];
    for (language, code, expected) in cases {
        let built = bench.build(&inline(language, code, None)).await;
        assert_eq!(built.failure(), (FailureCategory::CompileError, expected));
    }
    let mut elsewhere = inline(Language::Python, PYTHON, None);
    elsewhere.handler = "app.handler".into();
    assert_eq!(
        bench.build(&elsewhere).await.failure().1,
        "There is no file app.py for the handler app.handler."
    );
}

#[tokio::test]
async fn checking_the_code_does_not_run_it() {
    let bench = Bench::new();
    let python = "import sys\nsys.exit(3)\ndef handler(event): pass\n";
    bench.build(&inline(Language::Python, python, None)).await.digest();
    bench.build(&inline(Language::Nodejs, "process.exit(3); exports.handler = 1", None)).await.digest();
}

#[tokio::test]
async fn what_cannot_be_built_is_refused_honestly() {
    let bench = Bench::new();
    let go = bench.build(&inline(Language::Go, "package main", None)).await;
    assert_eq!(
        go.failure(),
        (FailureCategory::CompileError, "Go functions cannot be built by this version.")
    );
    let mut git = inline(Language::Python, PYTHON, None);
    git.source.kind = SourceType::Git;
    assert_eq!(bench.build(&git).await.failure().0, FailureCategory::SourceNotFound);
    let mut remote = inline(Language::Python, PYTHON, None);
    remote.registry = Some("registry.example.org".into());
    assert_eq!(bench.build(&remote).await.failure().0, FailureCategory::RegistryDenied);
    let mut newer = inline(Language::Python, PYTHON, None);
    newer.version = Some("2.7".into());
    assert!(bench.build(&newer).await.failure().1.starts_with("Python 2.7 was asked for"));
    let mut settings = bench.settings(&newer);
    settings.spec = "{}".into();
    let outcome = builder::run(settings.clone(), std::io::sink(), std::future::pending()).await;
    let report: BuildReport = serde_json::from_slice(&std::fs::read(&settings.report).unwrap()).unwrap();
    assert_eq!((outcome.exit_code(), report.failure.unwrap().category), (1, FailureCategory::Internal));
}

#[tokio::test]
async fn interpreters_that_are_told_are_not_looked_for() {
    let bench = Bench::new();
    let mut settings = bench.settings(&inline(Language::Python, PYTHON, None));
    settings.toolchain = Some(sandbox::Toolchain::discover(&settings.path).await);
    let launcher = sandbox::Launcher::new(settings.sandbox.0.clone(), Vec::<String>::new()).await;
    settings.capabilities = Some(launcher.capabilities().clone());
    settings.path = "/nowhere".into();
    let told = serde_json::to_string(&settings.toolchain).unwrap();
    assert_eq!(serde_json::from_str::<Option<sandbox::Toolchain>>(&told).unwrap(), settings.toolchain);
    let outcome = builder::run(settings.clone(), std::io::sink(), std::future::pending()).await;
    assert_eq!(outcome.exit_code(), 0);
    settings.toolchain = None;
    let outcome = builder::run(settings.clone(), std::io::sink(), std::future::pending()).await;
    let report: BuildReport = serde_json::from_slice(&std::fs::read(&settings.report).unwrap()).unwrap();
    assert_eq!(outcome.exit_code(), 1);
    assert_eq!(report.failure.unwrap().message, "Python is not installed on this machine.");
}

#[tokio::test]
async fn a_handler_with_the_folder_that_is_left_out_is_told_its_right_name() {
    let bench = Bench::new();
    let mut request = request(Language::Python, bench.upload(zip(&[("app/main.py", PYTHON)])).await);
    request.handler = "app/main.handler".into();
    let expected =
        "Everything is in the folder app, which is left out of the paths: the handler is main.handler.";
    assert_eq!(bench.build(&request).await.failure(), (FailureCategory::CompileError, expected));
}
