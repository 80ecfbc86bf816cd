//! The authority for client certificates: made once, trusted by the API and by nobody else.

use std::io::{Error, Result};
use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::pem;
use super::private_file::read_or_create;
use crate::api::auth::User;

/// How long a client certificate is valid.
const DAYS: i64 = 365;

/// A client certificate and its key, as PEM.
#[derive(Clone)]
pub struct ClientIdentity {
    pub certificate: String,
    pub key: String,
}

impl std::fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientIdentity").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Issues client certificates and tells them from others.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    /// Reads key and certificate of a folder; makes them at the first start.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let generated = || KeyPair::generate().map(|key| key.serialize_der()).map_err(Error::other);
        let key = PrivatePkcs8KeyDer::from(read_or_create(&folder.join("client-ca.key"), generated)?);
        let signed = || {
            let key = KeyPair::try_from(&key).map_err(Error::other)?;
            Ok(authority().self_signed(&key).map_err(Error::other)?.der().to_vec())
        };
        let certificate = CertificateDer::from(read_or_create(&folder.join("client-ca.crt"), signed)?);
        Ok(Self { certificate, key })
    }

    /// The user is the common name, the groups are the organisations.
    pub(crate) fn issue(&self, user: &str, groups: &[&str], now: Timestamp) -> Result<ClientIdentity> {
        let key = KeyPair::generate().map_err(Error::other)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, user);
        // A name can hold one entry of a kind here, so that several groups are joined; see `user_of`.
        if !groups.is_empty() {
            params.distinguished_name.push(DnType::OrganizationName, groups.join("\n"));
        }
        let day = |days: i64| {
            let date = now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(days.days());
            let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
            rcgen::date_time_ymd(date.year().into(), month, day)
        };
        params.not_before = day(-1);
        params.not_after = day(DAYS);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let own = KeyPair::try_from(&self.key).map_err(Error::other)?;
        let issuer = Issuer::new(authority(), own);
        let certificate = params.signed_by(&key, &issuer).map_err(Error::other)?;
        Ok(ClientIdentity {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", &key.serialize_der()),
        })
    }

    /// Lets clients in without a certificate, and with one of this authority.
    pub(super) fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(Error::other)?;
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.allow_unauthenticated().build().map(|verifier| verifier as _).map_err(Error::other)
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "knative-lambda clients");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Who a certificate is of; it has been checked. Without a common name it is nobody's.
pub(super) fn user_of(certificate: &CertificateDer<'_>) -> Option<User> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let subject = certificate.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?;
    let groups: Vec<&str> = subject
        .iter_organization()
        .filter_map(|one| one.as_str().ok())
        .flat_map(|one| one.split('\n'))
        .collect();
    Some(User::authenticated(name, &groups))
}
