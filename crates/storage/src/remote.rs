//! `s3:` and `gs:` URLs of the platform's own storage.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, path::Path};
use url::Url;

use crate::{Error, Result, Storage};

pub(crate) fn open(text: &str) -> Result<Storage> {
    // Not with the URL in it, which may hold a key.
    let url = Url::parse(text).map_err(|_| Error::Url("The storage URL cannot be read.".into()))?;
    let bucket = url.host_str().unwrap_or_default().to_owned();
    if bucket.is_empty() {
        return Err(Error::Url(format!("The storage URL needs a bucket: {}://<bucket>.", url.scheme())));
    }
    let known: &[&str] = match url.scheme() {
        "s3" => &["region", "endpoint", "access_key", "secret_key"],
        _ => &["service_account"],
    };
    let mut options: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    if let Some(name) = options.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::Url(format!(
            "The storage URL has the unknown option {name}; there is {}.",
            known.join(", ")
        )));
    }
    let store = match url.scheme() {
        "s3" => s3(&bucket, &mut options)?,
        _ => gcs(&bucket, &mut options)?,
    };
    let prefix = Path::parse(url.path().trim_matches('/'))
        .map_err(|_| Error::Url("The folder of the storage URL is no path.".into()))?;
    let store = if prefix.is_root() { store } else { Arc::new(PrefixStore::new(store, prefix)) };
    Ok(Storage { store, folder: None })
}

fn s3(bucket: &str, options: &mut BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>> {
    let region = options.remove("region").unwrap_or_else(|| "us-east-1".into());
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_region(region);
    if let Some(endpoint) = options.remove("endpoint") {
        // What the administrator writes down is meant, also without TLS.
        builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
    }
    if let (Some(name), Some(secret)) = (options.remove("access_key"), options.remove("secret_key")) {
        builder = builder.with_access_key_id(name).with_secret_access_key(secret);
    }
    Ok(Arc::new(builder.build()?))
}

fn gcs(bucket: &str, options: &mut BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
    if let Some(path) = options.remove("service_account") {
        let failed = |cause| Error::Folder { path: path.clone(), cause };
        let key = std::fs::read_to_string(&path).map_err(failed)?;
        let client = object_store::ClientOptions::new().with_allow_http(key.contains("\"http://"));
        builder = builder.with_client_options(client).with_service_account_key(key);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_nobody_knows_is_refused_and_no_key_is_told() {
        let error = open("s3://bucket/x?secret=hunter2").unwrap_err().to_string();
        assert!(error.contains("unknown option secret") && !error.contains("hunter2"), "{error}");
        assert!(open("gs:///x").unwrap_err().to_string().contains("needs a bucket"));
    }
}
