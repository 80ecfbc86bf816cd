//! The certificate of the API: signed by itself, made once, trusted by the kubeconfig that holds it.

use std::io::{Error, Result};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;
use super::private_file::read_or_create;

/// Under these names the API is reached.
const NAMES: [&str; 5] = ["localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default.svc"];

/// A certificate and its key.
pub(crate) struct Certificate {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Certificate {
    /// Reads the key and certificate of a folder; makes them at the first start.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let generated = || KeyPair::generate().map(|key| key.serialize_der()).map_err(Error::other);
        let key = PrivatePkcs8KeyDer::from(read_or_create(&folder.join("apiserver.key"), generated)?);
        let signed = || {
            let key = KeyPair::try_from(&key).map_err(Error::other)?;
            let mut params = CertificateParams::new(NAMES.map(str::to_owned)).map_err(Error::other)?;
            params.distinguished_name.push(DnType::CommonName, "knative-lambda");
            Ok(params.self_signed(&key).map_err(Error::other)?.der().to_vec())
        };
        let certificate = CertificateDer::from(read_or_create(&folder.join("apiserver.crt"), signed)?);
        Ok(Self { certificate, key })
    }

    /// What greets clients with this certificate.
    /// Those that have one of `authority` are who it says.
    pub(crate) fn acceptor(&self, authority: &Authority) -> Result<TlsAcceptor> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(Error::other)?
            .with_client_cert_verifier(authority.verifier(provider)?)
            .with_single_cert(vec![self.certificate.clone()], PrivateKeyDer::Pkcs8(self.key.clone_key()))
            .map_err(Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The certificate in the form of RFC 7468.
    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }
}

pub(super) fn pem(label: &str, bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
