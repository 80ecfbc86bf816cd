//! Sources in buckets, from object stores that others wrote.

#[path = "../../../storage/tests/servers/mod.rs"]
mod servers;

use builder::Settings;
use domain::build::{BuildRequest, FailureCategory};
use domain::function::{GcsSource, Language, LocalRef, MinioSource, S3Source, Source};
use servers::{Gcs, S3};

use crate::harness::{Bench, Built, exists, request, zip};

const PYTHON: &str = "def handler(event):\n    return event\n";

fn minio(endpoint: &str, key: &str, secret: Option<&str>) -> BuildRequest {
    request(
        Language::Python,
        Source::minio(MinioSource {
            endpoint: endpoint.trim_start_matches("http://").to_owned(),
            bucket: "code".into(),
            key: key.into(),
            secret_ref: secret.map(|name| LocalRef { name: name.into() }),
        }),
    )
}

async fn build(bench: &Bench, request: &BuildRequest, allow: &str, secret: &[(&str, &str)]) -> Built {
    let secret = secret.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let settings = bench.settings(request);
    bench.build_with(Settings { source_allow: allow.parse().unwrap(), secret, ..settings }).await
}

const KEYS: [(&str, &str); 2] = [("accesskey", "me"), ("secretkey", "s3cret")];

#[tokio::test]
async fn an_archive_in_a_bucket_is_built() {
    let bench = Bench::new();
    let server = S3::start("code").await;
    let host = server.url.trim_start_matches("http://").to_owned();
    let platform =
        storage::open(&format!("s3://code?endpoint={}&access_key=me&secret_key=s3cret", server.url)).unwrap();
    platform.put_bytes("hello/v1.zip", zip(&[("hello/main.py", PYTHON)])).await.unwrap();
    platform.put_bytes("not-an-archive", "x".repeat(100)).await.unwrap();

    let built = build(&bench, &minio(&server.url, "hello/v1.zip", Some("keys")), &host, &KEYS).await;
    built.digest();
    assert!(exists(&bench.unpacked(&built, "image"), "main.py"));
    assert!(!built.log.contains("s3cret"));

    let lost = build(&bench, &minio(&server.url, "hello/v2.zip", Some("keys")), &host, &KEYS).await;
    let expected = (FailureCategory::SourceNotFound, "The bucket code has no object hello/v2.zip.");
    assert_eq!(lost.failure(), expected);
    let other = build(&bench, &minio(&server.url, "not-an-archive", Some("keys")), &host, &KEYS).await;
    assert!(other.failure().1.contains("(archive_format)"), "{}", other.failure().1);
    let refused = build(&bench, &minio(&server.url, "hello/v1.zip", Some("keys")), "", &KEYS).await;
    assert_eq!(refused.failure().0, FailureCategory::SourceDenied);
    assert!(refused.failure().1.contains("address_not_public"), "{}", refused.failure().1);
    let missing = build(&bench, &minio(&server.url, "hello/v1.zip", Some("keys")), &host, &[]).await;
    assert!(missing.failure().1.contains("There is no Secret keys"), "{}", missing.failure().1);
    let away = build(&bench, &minio("127.0.0.1:1", "x", None), "127.0.0.1:1", &[]).await;
    assert!(away.failure().1.contains("host_unreachable"), "{}", away.failure().1);
}

#[tokio::test]
async fn an_archive_in_google_cloud_storage_is_built() {
    let bench = Bench::new();
    let server = Gcs::start("code").await;
    let file = server.key_file();
    let platform = storage::open(&format!("gs://code?service_account={}", file.display())).unwrap();
    platform.put_bytes("hello.zip", zip(&[("main.py", PYTHON)])).await.unwrap();
    let secret_ref = Some(LocalRef { name: "keys".into() });
    let source = GcsSource { bucket: "code".into(), key: "hello.zip".into(), project: None, secret_ref };
    let request = request(Language::Python, Source::gcs(source));
    let key = std::fs::read_to_string(file).unwrap();
    build(&bench, &request, &server.address.to_string(), &[("serviceaccount", &key)]).await.digest();
    let refused = build(&bench, &request, "", &[("serviceaccount", &key)]).await;
    assert!(refused.failure().1.contains("address_not_public"), "{}", refused.failure().1);
}

#[tokio::test]
async fn a_region_that_is_a_host_in_disguise_is_refused() {
    let bench = Bench::new();
    let source = S3Source {
        bucket: "code".into(),
        key: "x.zip".into(),
        region: "x.evil.example/".into(),
        secret_ref: None,
    };
    let built = bench.build(&request(Language::Python, Source::s3(source))).await;
    assert_eq!(built.failure().1, "Write a region, like eu-central-1. (spec.source.s3.region)");
}
