//! One object in a bucket that a user named.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::client::Certificate;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};

use crate::{Error, Object, Result};

/// A bucket, without anything of this machine's own: neither its credentials nor its role.
pub struct Bucket(Box<dyn ObjectStore>);

/// Whose bucket.
#[derive(Clone)]
pub enum Service {
    /// S3, or what speaks like it at `endpoint`, a URL.
    S3 {
        /// `https://host:port`; Amazon's own without one.
        endpoint: Option<String>,
        /// Region.
        region: String,
        /// Without them only what everybody may read is there.
        keys: Option<Keys>,
    },
    /// Google Cloud Storage.
    Gcs {
        /// The key file's JSON; without it only what everybody may read is there.
        service_account: Option<String>,
    },
}

/// Keys of S3.
#[derive(Clone)]
pub struct Keys {
    /// Its name.
    pub access: String,
    /// The key itself.
    pub secret: String,
    /// Of a session.
    pub session: Option<String>,
}

/// How the bucket is reached.
#[derive(Clone)]
pub struct Way {
    /// The proxy that every connection goes through.
    pub proxy: String,
    /// PEM of authorities beside the machine's.
    pub authorities: Option<String>,
}

impl Bucket {
    /// Connects to nothing yet.
    pub fn open(name: &str, service: Service, way: &Way) -> Result<Self> {
        // The proxy judges where this leads, and an endpoint says itself that it has no TLS.
        let mut client = ClientOptions::new()
            .with_allow_http(true)
            .with_proxy_url(&way.proxy)
            .with_connect_timeout(Duration::from_secs(15));
        if let Some(pem) = &way.authorities {
            for certificate in Certificate::from_pem_bundle(pem.as_bytes())? {
                client = client.with_root_certificate(certificate);
            }
        }
        let retry =
            RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() };
        let store: Box<dyn ObjectStore> = match service {
            Service::S3 { endpoint, region, keys } => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(name)
                    .with_region(region)
                    .with_retry(retry)
                    .with_client_options(client);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                builder = match keys {
                    Some(keys) => {
                        let builder =
                            builder.with_access_key_id(keys.access).with_secret_access_key(keys.secret);
                        match keys.session {
                            Some(session) => builder.with_token(session),
                            None => builder,
                        }
                    }
                    // Else the machine's metadata would be asked for some.
                    None => builder.with_skip_signature(true),
                };
                Box::new(builder.build()?)
            }
            Service::Gcs { service_account } => {
                let builder = GoogleCloudStorageBuilder::new()
                    .with_bucket_name(name)
                    .with_retry(retry)
                    .with_client_options(client);
                let builder = match service_account {
                    Some(key) => builder.with_service_account_key(key),
                    None => builder.with_skip_signature(true),
                };
                Box::new(builder.build()?)
            }
        };
        Ok(Self(store))
    }

    /// The object of that name, if there is one.
    pub async fn get(&self, key: &str) -> Result<Option<Object>> {
        let path = Path::parse(key).map_err(|_| Error::Key(key.to_owned()))?;
        match self.0.get(&path).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some(Object { size, stream: found.into_stream().map_err(Error::from).boxed() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
