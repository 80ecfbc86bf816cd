//! A build that is told to end.

use std::time::{Duration, Instant};

use builder::Outcome;
use domain::build::BuildReport;
use domain::function::Language;

use crate::harness::{Bench, Sink, request, zip};

#[tokio::test]
async fn a_build_that_is_ended_ends_its_programs_and_leaves_no_files() {
    let bench = Bench::new();
    let marker = format!("{}", std::process::id());
    let setup = format!("import time\nprint('{marker}', flush=True)\ntime.sleep(600)\n");
    let files =
        [("main.py", "def handler(e): pass\n"), ("requirements.txt", "./slow\n"), ("slow/setup.py", &setup)];
    let settings = bench.settings(&request(Language::Python, bench.upload(zip(&files)).await));
    let (sink, report) = (Sink::default(), settings.report.clone());
    let log = sink.clone();
    let shutdown = async move {
        // pip is at work when it speaks.
        while !log.text().contains("Processing") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let began = Instant::now();
    let outcome = builder::run(settings, sink.clone(), shutdown).await;
    assert_eq!(outcome, Outcome::Cancelled);
    assert!(began.elapsed() < Duration::from_mins(1));
    assert!(sink.text().contains("The build was ended."));
    assert_eq!(std::fs::read_dir(bench.path("work")).unwrap().count(), 0);
    let report: BuildReport = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!((report.image, report.failure), (None, None));
}
