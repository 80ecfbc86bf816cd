//! An archive in a bucket: S3, what speaks like it (MinIO), Google Cloud Storage.

use std::fs::File;
use std::io::Write;

use archive::{ArchiveError, Limits};
use domain::build::FailureCategory;
use domain::function::Source;
use egress::{Guard, Proxy};
use futures::TryStreamExt;
use storage::{Bucket, Keys, Object, Service, Way};

use super::unpack::{Kind, refused, unpack};
use super::{Context, Credentials};
use crate::failure::{Failure, OrInternal, Result};

/// One object, whoever keeps it.
struct Place<'a> {
    bucket: &'a str,
    key: &'a str,
    service: Service,
}

pub(super) async fn fetch(
    source: &Source,
    credentials: &Credentials<'_>,
    guard: Guard,
    context: &Context<'_>,
) -> Result<Option<String>> {
    let place = place(source, credentials)?;
    let proxy = Proxy::start(guard).await.or_internal("The proxy for the bucket cannot be started")?;
    let authorities = match &context.settings.ca_file {
        Some(path) => {
            Some(std::fs::read_to_string(path).or_internal("The file of KL_CA_FILE cannot be read")?)
        }
        None => None,
    };
    let way = Way { proxy: proxy.url(), authorities };
    let failed = |error: storage::Error| failure(error, &place, &proxy, credentials);
    let bucket = Bucket::open(place.bucket, place.service.clone(), &way).map_err(failed)?;
    let object = bucket.get(place.key).await.map_err(failed)?.ok_or_else(|| {
        let message = format!("The bucket {} has no object {}.", place.bucket, place.key);
        Failure::new(FailureCategory::SourceNotFound, message)
    })?;
    let file = download(object, failed).await?;
    let inspection = unpack(file, Kind::Archive, context.workspace).await?;
    context.log.say(format!(
        "Fetched {} of the bucket {}: {} files, {} bytes.",
        place.key,
        place.bucket,
        inspection.files.len(),
        inspection.unpacked
    ));
    Ok(inspection.stripped)
}

fn place<'a>(source: &'a Source, credentials: &Credentials<'_>) -> Result<Place<'a>> {
    let keys = credentials.get("accesskey").zip(credentials.get("secretkey")).map(|(access, secret)| Keys {
        access: access.to_owned(),
        secret: secret.to_owned(),
        session: credentials.get("sessiontoken").map(str::to_owned),
    });
    Ok(if let Some(source) = &source.s3 {
        let service = Service::S3 { endpoint: None, region: source.region.clone(), keys };
        Place { bucket: &source.bucket, key: &source.key, service }
    } else if let Some(source) = &source.minio {
        let endpoint = Some(endpoint(&source.endpoint));
        let service = Service::S3 { endpoint, region: "us-east-1".to_owned(), keys };
        Place { bucket: &source.bucket, key: &source.key, service }
    } else if let Some(source) = &source.gcs {
        let service_account = credentials.get("serviceaccount").map(str::to_owned);
        Place { bucket: &source.bucket, key: &source.key, service: Service::Gcs { service_account } }
    } else {
        return Err(Failure::new(
            FailureCategory::SourceNotFound,
            "The function has no source that can be built.",
        ));
    })
}

/// `host[:port]` as a URL. With TLS, unless the port is another one than those of https: an object store
/// in the same network usually has none.
fn endpoint(text: &str) -> String {
    let port = match text.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port,
        _ => "443",
    };
    let scheme = if matches!(port, "443" | "8443" | "9443") { "https" } else { "http" };
    format!("{scheme}://{text}")
}

async fn download(object: Object, failed: impl Fn(storage::Error) -> Failure) -> Result<File> {
    let max = Limits::default().packed;
    let too_large = || refused(ArchiveError::TooLargePacked { max }, Kind::Archive);
    let mut file = tempfile::tempfile().or_internal("A temporary file cannot be made")?;
    let (mut size, mut stream) = (0, object.stream);
    // What really comes counts, not what was said.
    while let Some(chunk) = stream.try_next().await.map_err(&failed)? {
        size += chunk.len() as u64;
        if size > max {
            return Err(too_large());
        }
        file.write_all(&chunk).or_internal("A temporary file cannot be written")?;
    }
    Ok(file)
}

fn failure(
    error: storage::Error,
    place: &Place<'_>,
    proxy: &Proxy,
    credentials: &Credentials<'_>,
) -> Failure {
    if let Some(refused) = proxy.refusal() {
        return Failure::new(FailureCategory::SourceDenied, format!("Not fetched: {refused}."));
    }
    match error {
        storage::Error::Denied(_) => {
            let message = match credentials.name {
                Some(name) => {
                    format!("The bucket {} refused the credentials of the Secret {name}.", place.bucket)
                }
                None => format!(
                    "The bucket {} asks for credentials: put them into a Secret and name it in secretRef.",
                    place.bucket
                ),
            };
            Failure::new(FailureCategory::SourceDenied, message)
        }
        storage::Error::Key(key) => {
            Failure::new(FailureCategory::SourceNotFound, format!("{key:?} is no name of an object."))
        }
        error => {
            let words = credentials.redact(&error.to_string());
            let words = words.lines().next().unwrap_or_default().chars().take(300).collect::<String>();
            Failure::internal("The bucket cannot be read", words.trim_end_matches('.'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_tls_unless_its_port_says_otherwise() {
        assert_eq!(endpoint("minio.example"), "https://minio.example");
        assert_eq!(endpoint("minio.minio.svc:9000"), "http://minio.minio.svc:9000");
        assert_eq!(endpoint("[fd00::1]:9443"), "https://[fd00::1]:9443");
        assert_eq!(endpoint("[fd00::1]"), "https://[fd00::1]");
    }
}
