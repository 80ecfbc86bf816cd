//! Sources that are gone, changed or made to do harm.

use std::io::{Cursor, Write};

use domain::build::FailureCategory;
use domain::function::{Language, Source, UploadSource};
use zip::write::SimpleFileOptions;

use crate::harness::{Bench, inline, request, zip};

#[tokio::test]
async fn a_hostile_archive_is_refused_with_its_reason() {
    let bench = Bench::new();
    let mut link = zip::ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("main.py", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("main.py", SimpleFileOptions::default()).unwrap();
    bomb.write_all(&vec![b'#'; 30 << 20]).unwrap();
    let cases = [
        (zip(&[("../../main.py", "x")]), "archive_traversal"),
        (zip(&[("/main.py", "x")]), "archive_absolute_path"),
        (link.finish().unwrap().into_inner(), "archive_link"),
        (bomb.finish().unwrap().into_inner(), "archive_ratio"),
        (b"not an archive".to_vec(), "archive_format"),
        (zip(&[]), "archive_empty"),
    ];
    for (bytes, code) in cases {
        let built = bench.build(&request(Language::Python, bench.upload(bytes).await)).await;
        let (category, message) = built.failure();
        assert_eq!(category, FailureCategory::SourceDenied, "{code}");
        assert!(message.contains(code), "{message}");
    }
}

#[tokio::test]
async fn an_archive_that_is_gone_or_another_is_not_found() {
    let bench = Bench::new();
    let Source { upload: Some(mut block), .. } = bench.upload(zip(&[("main.py", "x")])).await else {
        panic!()
    };
    block.sha256 = "0".repeat(64);
    let changed = bench.build(&request(Language::Python, Source::upload(block))).await;
    assert_eq!(changed.failure().0, FailureCategory::SourceNotFound);
    for (key, category) in [
        ("uploads/acme/none", FailureCategory::SourceNotFound),
        ("uploads/acme/../../etc/passwd", FailureCategory::SourceNotFound),
        ("uploads/rival/0190", FailureCategory::SourceDenied),
        ("../../etc/passwd", FailureCategory::SourceDenied),
    ] {
        let block = UploadSource { key: key.into(), sha256: "0".repeat(64), size: 1, filename: None };
        let gone = bench.build(&request(Language::Python, Source::upload(block))).await;
        assert_eq!(gone.failure().0, category, "{key}");
    }
}

#[tokio::test]
async fn a_package_that_looks_around_while_it_is_installed_sees_nothing() {
    let bench = Bench::new();
    std::fs::write(bench.path("secret"), "s3cret").unwrap();
    let secret = bench.path("secret").display().to_string();
    let setup = format!(
        "import os\nfrom setuptools import setup\nfound = []\nfor path in ['/etc/shadow', {secret:?}]:\n    try:\n        found.append(open(path).read())\n    except OSError:\n        pass\nopen('/tmp/x', 'w').write('x')\nassert not found, 'leaked'\nassert 'KL_STORAGE_URL' not in os.environ\nsetup(name='looker', version='1', py_modules=[])\n"
    );
    let source = bench
        .upload(zip(&[
            ("main.py", "def handler(e): pass\n"),
            ("requirements.txt", "./looker\n"),
            ("looker/setup.py", &setup),
        ]))
        .await;
    let built = bench.build(&request(Language::Python, source)).await;
    assert!(!built.log.contains("leaked"), "{}", built.log);
    built.digest();
}

#[tokio::test]
async fn an_endless_check_of_deep_code_ends() {
    let bench = Bench::new();
    let deep = format!("x = {}{}\ndef handler(e): pass\n", "(".repeat(5000), ")".repeat(5000));
    let built = bench.build(&inline(Language::Python, &deep, None)).await;
    assert_eq!(built.failure().0, FailureCategory::CompileError);
}
