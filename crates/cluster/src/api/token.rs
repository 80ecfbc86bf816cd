//! Tokens of service accounts: JSON web tokens signed with a key of the cluster.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who issues tokens, and for whom unless the request says otherwise.
pub const ISSUER: &str = "https://kubernetes.default.svc";

const BLOCK: usize = 64;

/// The signing key.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "iss")]
    pub issuer: String,
    #[serde(rename = "sub")]
    pub subject: String,
    #[serde(rename = "aud")]
    pub audiences: Vec<String>,
    /// Seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: i64,
    #[serde(rename = "iat")]
    pub issued: i64,
    #[serde(rename = "kubernetes.io")]
    pub account: Account,
}

/// The account that a token is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub namespace: String,
    #[serde(rename = "serviceaccount")]
    pub reference: Reference,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub name: String,
    pub uid: String,
}

impl Key {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token of some claims.
    pub fn sign(&self, claims: &Claims) -> String {
        let encode = |json: &[u8]| URL_SAFE_NO_PAD.encode(json);
        // Text and numbers always make JSON.
        let payload = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!("{}.{}", encode(br#"{"alg":"HS256","typ":"JWT"}"#), encode(&payload));
        let signature = encode(&self.mac(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// The claims of a token that this key has signed and that has not expired.
    pub fn verify(&self, token: &str, now: i64) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Digests of both are compared, so that the time it takes tells nothing about the right one.
        if Sha256::digest(self.mac(signed.as_bytes())) != Sha256::digest(signature) {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        (claims.expires > now).then_some(claims)
    }

    /// HMAC-SHA-256 (RFC 2104).
    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let pad = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(self.0).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            issuer: ISSUER.into(),
            subject: "system:serviceaccount:n:a".into(),
            audiences: vec![ISSUER.into()],
            expires: 2000,
            issued: 1000,
            account: Account {
                namespace: "n".into(),
                reference: Reference { name: "a".into(), uid: "u".into() },
            },
        }
    }

    #[test]
    fn token_is_read_back_until_it_expires() {
        let key = Key::new([7; 32]);
        let token = key.sign(&claims());
        assert_eq!(key.verify(&token, 1999), Some(claims()));
        assert_eq!(key.verify(&token, 2000), None);
    }

    #[test]
    fn tampered_and_foreign_tokens_are_refused() {
        let key = Key::new([7; 32]);
        let token = key.sign(&claims());
        let forged =
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&Claims { expires: 9000, ..claims() }).unwrap());
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(key.verify(&format!("{}.{forged}.{}", parts[0], parts[2]), 1500), None);
        assert_eq!(Key::new([8; 32]).verify(&token, 1500), None);
        assert_eq!(key.verify("rubbish", 1500), None);
    }

    #[test]
    fn mac_is_that_of_rfc_4231() {
        // Test case 1 has a key of 20 bytes; shorter keys are filled up with zeros.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mac = hex::encode(Key::new(key).mac(b"Hi There"));
        assert_eq!(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }
}
