//! pip and npm for real, and the cache that spares them.

use domain::build::{FailureCategory, StepName};
use domain::function::Language;

use crate::harness::{Bench, exists, inline, request, zip};

const PYTHON: &str = "import six\ndef handler(event):\n    return six.__version__\n";
const NODE: &str = "const isNumber = require('is-number');\nexports.handler = (event) => isNumber(event);\n";

#[tokio::test]
async fn python_packages_are_installed_once_and_again_only_when_they_change() {
    let bench = Bench::new();
    let first = bench.build(&inline(Language::Python, PYTHON, Some("six==1.16.0\n"))).await;
    first.digest();
    assert!(!first.step(StepName::Dependencies).cached);
    assert!(exists(&bench.unpacked(&first, "one"), ".packages/six.py"));
    let mut newer =
        inline(Language::Python, &format!("{PYTHON}# changed\n"), Some("# a comment\nsix==1.16.0\n"));
    newer.build_id = "hello-0a1b2c3d-b2".parse().unwrap();
    let second = bench.build(&newer).await;
    second.digest();
    assert!(second.step(StepName::Dependencies).cached);
    assert!(!second.log.contains("Collecting"), "pip was not run");
    assert!(exists(&bench.unpacked(&second, "two"), ".packages/six.py"));
    let third = bench.build(&inline(Language::Python, PYTHON, Some("six==1.17.0\n"))).await;
    assert!(!third.step(StepName::Dependencies).cached);
    let mut other = inline(Language::Python, PYTHON, Some("six==1.16.0\n"));
    other.tenant = "other".parse().unwrap();
    other.repository = "other/hello".to_owned();
    assert!(!bench.build(&other).await.step(StepName::Dependencies).cached, "tenants share no cache");
}

#[tokio::test]
async fn the_same_python_packages_give_the_same_digest_in_another_place() {
    let request = inline(Language::Python, PYTHON, Some("six==1.16.0\n"));
    let (one, other) = (Bench::new().build(&request).await, Bench::new().build(&request).await);
    assert_eq!(one.digest(), other.digest());
}

#[tokio::test]
async fn node_packages_are_installed_once() {
    let bench = Bench::new();
    let request = inline(Language::Nodejs, NODE, Some(r#"{"is-number": "7.0.0"}"#));
    let first = bench.build(&request).await;
    first.digest();
    assert!(exists(&bench.unpacked(&first, "one"), "node_modules/is-number/index.js"));
    let second = bench.build(&request).await;
    assert!(second.step(StepName::Dependencies).cached);
    assert_eq!(second.digest(), first.digest());
}

#[tokio::test]
async fn a_whole_package_json_installs_nothing_again_when_only_the_code_changed() {
    let bench = Bench::new();
    let manifest = r#"{"dependencies": {"is-number": "7.0.0"}}"#;
    let first = bench.build(&inline(Language::Nodejs, NODE, Some(manifest))).await;
    first.digest();
    assert!(!first.step(StepName::Dependencies).cached);
    let mut changed = inline(Language::Nodejs, &format!("{NODE}// changed\n"), Some(manifest));
    changed.build_id = "hello-0a1b2c3d-b2".parse().unwrap();
    let second = bench.build(&changed).await;
    assert_ne!(second.digest(), first.digest());
    assert!(second.step(StepName::Dependencies).cached);
    assert!(!second.log.contains("added 1 package"), "npm was not run: {}", second.log);
}

/// Brings a module of Python 2 along, as some packages do.
const SETUP: &str = "from setuptools import setup\nopen('old.py', 'w').write(\"print 'two'\\n\")\nsetup(name='lib', version='1', py_modules=['lib', 'old'])\n";

#[tokio::test]
async fn python_packages_are_compiled_and_what_another_python_needs_does_no_harm() {
    let bench = Bench::new();
    let files = [
        ("main.py", "import lib\ndef handler(event): return lib.A\n"),
        ("requirements.txt", "./lib\n"),
        ("lib/lib.py", "A = 1\n"),
        ("lib/setup.py", SETUP),
    ];
    let built = bench.build(&request(Language::Python, bench.upload(zip(&files)).await)).await;
    built.digest();
    let folder = bench.unpacked(&built, "image").join(".packages");
    let compiled = |name: &str| {
        let mut found = std::fs::read_dir(folder.join("__pycache__")).unwrap().flatten();
        found.any(|file| file.file_name().to_str().unwrap().starts_with(name))
    };
    assert!(exists(&folder, "old.py") && compiled("lib.") && !compiled("old."));
}

#[tokio::test]
async fn a_lock_file_is_kept_to() {
    let bench = Bench::new();
    let manifest = r#"{"dependencies": {"is-number": "^7.0.0"}}"#;
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"is-number": "^6.0.0"}}}}"#;
    let files = [("main.js", NODE), ("package.json", manifest), ("package-lock.json", lock)];
    let built = bench.build(&request(Language::Nodejs, bench.upload(zip(&files)).await)).await;
    assert_eq!(built.failure().0, FailureCategory::DependencyError);
}

#[tokio::test]
async fn a_package_that_does_not_exist_fails_in_the_words_of_the_tool() {
    let bench = Bench::new();
    let name = "knative-lambda-no-such-package-4711";
    let python = bench.build(&inline(Language::Python, PYTHON, Some(name))).await;
    let (category, message) = python.failure();
    assert_eq!(category, FailureCategory::DependencyError);
    assert!(message.contains("No matching distribution found") && message.contains(name), "{message}");
    let node = bench.build(&inline(Language::Nodejs, NODE, Some(&format!(r#"{{"{name}": "1"}}"#)))).await;
    let (category, message) = node.failure();
    assert_eq!(category, FailureCategory::DependencyError);
    assert!(message.contains("404") && message.contains(name), "{message}");
}
