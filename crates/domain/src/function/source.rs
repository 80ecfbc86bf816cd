//! `spec.source`: one type, and exactly the block of that name.

use serde::{Deserialize, Serialize};

/// Which block of [`Source`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum SourceType {
    /// Code in the manifest itself.
    Inline,
    /// An archive that was uploaded to the platform.
    Upload,
    /// An object in MinIO.
    Minio,
    /// An object in S3.
    S3,
    /// An object in Google Cloud Storage.
    Gcs,
    /// A Git repository.
    Git,
    /// An image that is already built.
    Image,
}

impl SourceType {
    /// The name in manifests and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Upload => "upload",
            Self::Minio => "minio",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Git => "git",
            Self::Image => "image",
        }
    }

    /// The type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Inline, Self::Upload, Self::Minio, Self::S3, Self::Gcs, Self::Git, Self::Image];
        all.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether every build fetches it from a place that is not the platform's.
    pub const fn is_place(self) -> bool {
        matches!(self, Self::Git | Self::S3 | Self::Minio | Self::Gcs)
    }

    /// Keys of a Secret that a build of this source is given, each in [`secret_variable`].
    pub const fn secret_keys(self) -> &'static [&'static str] {
        match self {
            Self::Git => &["username", "password", "ssh-privatekey", "known_hosts"],
            Self::S3 | Self::Minio => &["accesskey", "secretkey", "sessiontoken"],
            Self::Gcs => &["serviceaccount"],
            Self::Inline | Self::Upload | Self::Image => &[],
        }
    }
}

/// The variable of the build that holds a key of the source's Secret: `SOURCE_SECRET_SSH_PRIVATEKEY`.
pub fn secret_variable(key: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    key.chars().fold("SOURCE_SECRET_".to_owned(), |name, c| name + letter(c).encode_utf8(&mut [0; 4]))
}

/// Every key of a Secret that a build can be given, and its variable.
pub fn secret_variables() -> impl Iterator<Item = (&'static str, String)> {
    let kinds = [SourceType::Git, SourceType::S3, SourceType::Gcs];
    kinds.into_iter().flat_map(SourceType::secret_keys).map(|key| (*key, secret_variable(key)))
}

/// Where the code comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "kube", schemars(extend("x-kubernetes-validations" = [{
    "rule": "['inline','upload','minio','s3','gcs','git','image'].all(t, (t == self.type) == (\
        (t == 'inline' && has(self.inline)) || (t == 'upload' && has(self.upload)) || \
        (t == 'minio' && has(self.minio)) || (t == 's3' && has(self.s3)) || (t == 'gcs' && has(self.gcs)) || \
        (t == 'git' && has(self.git)) || (t == 'image' && has(self.image))))",
    "message": "exactly the block named by type must be set"
}])))]
pub struct Source {
    /// Names the one block that is set.
    #[serde(rename = "type")]
    pub kind: SourceType,
    /// Code in the manifest itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<InlineSource>,
    /// An archive that was uploaded to the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadSource>,
    /// An object in MinIO.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minio: Option<MinioSource>,
    /// An object in S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Source>,
    /// An object in Google Cloud Storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gcs: Option<GcsSource>,
    /// A Git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSource>,
    /// An image that is already built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSource>,
}

impl Source {
    const fn empty(kind: SourceType) -> Self {
        Self { kind, inline: None, upload: None, minio: None, s3: None, gcs: None, git: None, image: None }
    }

    /// Code in the manifest itself.
    pub fn inline(block: InlineSource) -> Self {
        Self { inline: Some(block), ..Self::empty(SourceType::Inline) }
    }

    /// An archive that was uploaded.
    pub fn upload(block: UploadSource) -> Self {
        Self { upload: Some(block), ..Self::empty(SourceType::Upload) }
    }

    /// A Git repository.
    pub fn git(block: GitSource) -> Self {
        Self { git: Some(block), ..Self::empty(SourceType::Git) }
    }

    /// An object in S3.
    pub fn s3(block: S3Source) -> Self {
        Self { s3: Some(block), ..Self::empty(SourceType::S3) }
    }

    /// An object in MinIO.
    pub fn minio(block: MinioSource) -> Self {
        Self { minio: Some(block), ..Self::empty(SourceType::Minio) }
    }

    /// An object in Google Cloud Storage.
    pub fn gcs(block: GcsSource) -> Self {
        Self { gcs: Some(block), ..Self::empty(SourceType::Gcs) }
    }

    /// An image that is already built.
    pub fn image(block: ImageSource) -> Self {
        Self { image: Some(block), ..Self::empty(SourceType::Image) }
    }

    /// The Secret with the credentials of what is fetched, when one is named.
    pub fn secret_ref(&self) -> Option<&LocalRef> {
        let git = self.git.as_ref().and_then(|block| block.secret_ref.as_ref());
        let s3 = self.s3.as_ref().and_then(|block| block.secret_ref.as_ref());
        let minio = self.minio.as_ref().and_then(|block| block.secret_ref.as_ref());
        git.or(s3).or(minio).or(self.gcs.as_ref().and_then(|block| block.secret_ref.as_ref()))
    }

    /// Whether a build is needed.
    pub fn builds(&self) -> bool {
        self.kind != SourceType::Image
    }

    /// Whether exactly the block named by the type is set.
    pub fn is_consistent(&self) -> bool {
        let set = [
            (SourceType::Inline, self.inline.is_some()),
            (SourceType::Upload, self.upload.is_some()),
            (SourceType::Minio, self.minio.is_some()),
            (SourceType::S3, self.s3.is_some()),
            (SourceType::Gcs, self.gcs.is_some()),
            (SourceType::Git, self.git.is_some()),
            (SourceType::Image, self.image.is_some()),
        ];
        set.iter().all(|(kind, present)| *present == (*kind == self.kind))
    }
}

/// A Secret of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct LocalRef {
    /// Its name.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 253)))]
    pub name: String,
}

/// Code in the manifest itself: one file, at most 256 KiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct InlineSource {
    /// The handler's file.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 262_144)))]
    pub code: String,
    /// `requirements.txt` for python, the `dependencies` object or a whole `package.json` for node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(length(max = 65_536)))]
    pub dependencies: Option<String>,
}

/// An archive in the platform's own storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct UploadSource {
    /// Key in the storage: `uploads/<tenant>/<random>`.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 1024)))]
    pub key: String,
    /// Hex digest of the bytes.
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^[0-9a-f]{64}$")))]
    pub sha256: String,
    /// Bytes.
    #[serde(default)]
    #[cfg_attr(feature = "kube", schemars(range(min = 0)))]
    pub size: i64,
    /// As the user named it; tells people apart, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(length(max = 255)))]
    pub filename: Option<String>,
}

/// An object in MinIO.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct MinioSource {
    /// `host[:port]`.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 253)))]
    pub endpoint: String,
    /// Bucket.
    #[cfg_attr(
        feature = "kube",
        schemars(length(min = 3, max = 63), regex(pattern = r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"))
    )]
    pub bucket: String,
    /// Object.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 1024)))]
    pub key: String,
    /// Credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalRef>,
}

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct S3Source {
    /// Bucket.
    #[cfg_attr(
        feature = "kube",
        schemars(length(min = 3, max = 63), regex(pattern = r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"))
    )]
    pub bucket: String,
    /// Object.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 1024)))]
    pub key: String,
    /// Region.
    #[serde(default = "default_region")]
    pub region: String,
    /// Credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalRef>,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

/// An object in Google Cloud Storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct GcsSource {
    /// Bucket.
    #[cfg_attr(feature = "kube", schemars(length(min = 3, max = 63)))]
    pub bucket: String,
    /// Object.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 1024)))]
    pub key: String,
    /// Project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalRef>,
}

/// A Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct GitSource {
    /// `https://`, `ssh://`, `git@` or `git://`.
    #[cfg_attr(
        feature = "kube",
        schemars(length(min = 1, max = 2048), regex(pattern = r"^(https://|ssh://|git://|git@)"))
    )]
    pub url: String,
    /// Branch, tag or commit.
    #[serde(rename = "ref", default = "default_ref")]
    pub reference: String,
    /// Sub-folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalRef>,
}

fn default_ref() -> String {
    "main".to_owned()
}

/// An image that is already built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ImageSource {
    /// Registry and repository, without tag.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 255)))]
    pub repository: String,
    /// Tag.
    #[serde(default = "default_tag")]
    pub tag: String,
    /// `sha256:…`; wins over the tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^sha256:[0-9a-f]{64}$")))]
    pub digest: Option<String>,
    /// Port that it listens on.
    #[serde(default = "default_port")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 65_535)))]
    pub port: i32,
    /// Instead of the image's entry point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Instead of the image's arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// `Always`, `IfNotPresent` or `Never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<String>,
    /// Credentials of the registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<LocalRef>,
}

fn default_tag() -> String {
    "latest".to_owned()
}

const fn default_port() -> i32 {
    8080
}

impl ImageSource {
    /// `repository@digest`, or `repository:tag` without one.
    pub fn reference(&self) -> String {
        match &self.digest {
            Some(digest) => format!("{}@{digest}", self.repository),
            None => format!("{}:{}", self.repository, self.tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_with_another_block_than_its_type_is_not_consistent() {
        let mut source = Source::inline(InlineSource { code: "x".into(), dependencies: None });
        assert!(source.is_consistent());
        source.kind = SourceType::Git;
        assert!(!source.is_consistent());
    }

    #[test]
    fn a_key_of_a_secret_has_a_variable_that_a_shell_would_take() {
        assert_eq!(secret_variable("ssh-privatekey"), "SOURCE_SECRET_SSH_PRIVATEKEY");
        let git: GitSource =
            serde_json::from_str(r#"{"url":"https://x/y.git","secretRef":{"name":"deploy"}}"#).unwrap();
        assert_eq!(Source::git(git).secret_ref().unwrap().name, "deploy");
    }

    #[test]
    fn defaults_are_those_of_the_contract() {
        let git: GitSource = serde_json::from_str(r#"{"url":"https://x/y.git"}"#).unwrap();
        assert_eq!(git.reference, "main");
        let image: ImageSource = serde_json::from_str(r#"{"repository":"r/x"}"#).unwrap();
        assert_eq!((image.reference().as_str(), image.port), ("r/x:latest", 8080));
    }
}
