//! Fields for code that every build fetches: a Git repository, or an archive in a bucket.

use domain::function::{GcsSource, GitSource, LocalRef, MinioSource, NewCode, S3Source, Source, SourceType};
use leptos::prelude::*;

use super::{
    field::{Input, error_of, input},
    source_access::{Access, secret_choices},
};
use crate::{AppError, form::Posted};

/// What the fields show: what was sent, or what the function has.
#[derive(Debug, Clone, Default)]
pub struct SourceDraft {
    url: String,
    reference: String,
    path: String,
    git_secret: String,
    kind: Option<SourceType>,
    endpoint: String,
    region: String,
    bucket: String,
    key: String,
    bucket_secret: String,
}

/// Paths of the platform to the fields here, for the summary of a form.
pub const FIELDS: [(&str, &str); 11] = [
    ("spec.source.git.url", "git_url"),
    ("spec.source.git.ref", "git_ref"),
    ("spec.source.git.path", "git_path"),
    ("spec.source.s3.bucket", "bucket_name"),
    ("spec.source.minio.bucket", "bucket_name"),
    ("spec.source.gcs.bucket", "bucket_name"),
    ("spec.source.s3.key", "bucket_key"),
    ("spec.source.minio.key", "bucket_key"),
    ("spec.source.gcs.key", "bucket_key"),
    ("spec.source.minio.endpoint", "bucket_endpoint"),
    ("spec.source.s3.region", "bucket_region"),
];

impl SourceDraft {
    /// Of a form that was sent.
    pub fn of_posted(posted: &Posted) -> Self {
        Self {
            url: posted.text("git_url"),
            reference: posted.text("git_ref"),
            path: posted.text("git_path"),
            git_secret: posted.text("git_secret"),
            kind: SourceType::parse(&posted.text("bucket_kind")),
            endpoint: posted.text("bucket_endpoint"),
            region: posted.text("bucket_region"),
            bucket: posted.text("bucket_name"),
            key: posted.text("bucket_key"),
            bucket_secret: posted.text("bucket_secret"),
        }
    }

    /// Of a function's spec.
    pub fn of_source(source: &Source) -> Self {
        let secret = source.secret_ref().map(|secret| secret.name.clone()).unwrap_or_default();
        let kind = Some(source.kind);
        if let Some(git) = source.git.clone() {
            let path = git.path.unwrap_or_default();
            return Self {
                url: git.url,
                reference: git.reference,
                path,
                git_secret: secret,
                ..Self::default()
            };
        }
        if let Some(s3) = source.s3.clone() {
            let (bucket, key, region) = (s3.bucket, s3.key, s3.region);
            return Self { kind, bucket, key, region, bucket_secret: secret, ..Self::default() };
        }
        if let Some(minio) = source.minio.clone() {
            let (bucket, key, endpoint) = (minio.bucket, minio.key, minio.endpoint);
            return Self { kind, bucket, key, endpoint, bucket_secret: secret, ..Self::default() };
        }
        let gcs = source.gcs.clone().map(|gcs| (gcs.bucket, gcs.key)).unwrap_or_default();
        Self { kind, bucket: gcs.0, key: gcs.1, bucket_secret: secret, ..Self::default() }
    }

    /// The fields line by line, to compare two of them.
    pub fn told(&self) -> String {
        let kind = self.kind.map(SourceType::as_str).unwrap_or_default();
        let lines = [
            ("repository", self.url.as_str()),
            ("branch, tag or commit", &self.reference),
            ("folder", &self.path),
            ("kept by", if self.bucket.is_empty() { "" } else { kind }),
            ("endpoint", &self.endpoint),
            ("region", &self.region),
            ("bucket", &self.bucket),
            ("archive", &self.key),
            ("secret", if self.git_secret.is_empty() { &self.bucket_secret } else { &self.git_secret }),
        ];
        let lines = lines.iter().filter(|(_, value)| !value.is_empty());
        lines.map(|(name, value)| [name, ": ", value, "\n"].concat()).collect()
    }

    /// The Git repository of the fields.
    pub fn git(self) -> NewCode {
        let reference = or(self.reference, "main");
        let path = Some(self.path).filter(|path| !path.is_empty());
        let secret_ref = secret(self.git_secret);
        NewCode::Place {
            source: Box::new(Source::git(GitSource { url: self.url, reference, path, secret_ref })),
        }
    }

    /// The archive in a bucket of the fields.
    pub fn object(self) -> NewCode {
        let Self { bucket, key, endpoint, .. } = self;
        let secret_ref = secret(self.bucket_secret);
        let source = match self.kind {
            Some(SourceType::Minio) => Source::minio(MinioSource { endpoint, bucket, key, secret_ref }),
            Some(SourceType::Gcs) => Source::gcs(GcsSource { bucket, key, project: None, secret_ref }),
            _ => Source::s3(S3Source { bucket, key, region: or(self.region, "us-east-1"), secret_ref }),
        };
        NewCode::Place { source: Box::new(source) }
    }
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

fn secret(name: String) -> Option<LocalRef> {
    (!name.is_empty()).then_some(LocalRef { name })
}

/// Fields of a repository. Nothing is `required`: they may be hidden, and the platform looks.
pub fn git_fields(draft: &SourceDraft, access: &Access, problem: Option<&AppError>) -> AnyView {
    view! {
        {input(Input {
            name: "git_url",
            label: "URL",
            hint: "https://host/path, or git@host:path with a key.",
            value: draft.url.clone(),
            needed: true,
            error: error_of(problem, &["spec.source.git.url"]),
            ..Input::default()
        })}
        {input(Input {
            name: "git_ref",
            label: "Branch, tag or commit",
            hint: "main without one. Each build fetches what it names then.",
            value: draft.reference.clone(),
            error: error_of(problem, &["spec.source.git.ref"]),
            ..Input::default()
        })}
        {input(Input {
            name: "git_path",
            label: "Folder",
            hint: "Of the repository, like functions/hello; all of it without one.",
            value: draft.path.clone(),
            error: error_of(problem, &["spec.source.git.path"]),
            ..Input::default()
        })}
        {input(Input {
            name: "git_secret",
            label: "Secret",
            hint: "Name of a Secret with username and password, or with ssh-privatekey and known_hosts.",
            value: draft.git_secret.clone(),
            list: Some("git-secrets"),
            error: error_of(problem, &["spec.source.secretRef"]),
            ..Input::default()
        })}
        {secret_choices(access, "git-secrets", &[SourceType::Git])}
    }
    .into_any()
}

/// Fields of an archive in a bucket.
pub fn bucket_fields(draft: &SourceDraft, access: &Access, problem: Option<&AppError>) -> AnyView {
    let chosen = draft.kind.filter(|kind| kind.as_str() != "git").unwrap_or(SourceType::S3);
    let kinds = [
        (SourceType::S3, "Amazon S3"),
        (SourceType::Minio, "MinIO, or another that speaks S3"),
        (SourceType::Gcs, "Google Cloud Storage"),
    ];
    let options: Vec<_> = kinds
        .into_iter()
        .map(|(kind, label)| view! { <option value=kind.as_str() selected=kind == chosen>{label}</option> })
        .collect();
    let paths = |field: &str| ["s3", "minio", "gcs"].map(|kind| format!("spec.source.{kind}.{field}"));
    let error = |field: &str| paths(field).iter().find_map(|path| error_of(problem, &[path.as_str()]));
    view! {
        <div class="field">
            <label for="bucket_kind">"Kept by"</label>
            <select id="bucket_kind" name="bucket_kind">{options}</select>
        </div>
        {input(Input {
            name: "bucket_endpoint",
            label: "Endpoint",
            hint: "Of MinIO: host or host:port.",
            value: draft.endpoint.clone(),
            error: error("endpoint"),
            ..Input::default()
        })}
        {input(Input {
            name: "bucket_region",
            label: "Region",
            hint: "Of Amazon S3; us-east-1 without one.",
            value: draft.region.clone(),
            error: error("region"),
            ..Input::default()
        })}
        {input(Input {
            name: "bucket_name",
            label: "Bucket",
            hint: "3 to 63 lower-case letters, digits, hyphens and dots.",
            value: draft.bucket.clone(),
            needed: true,
            error: error("bucket"),
            ..Input::default()
        })}
        {input(Input {
            name: "bucket_key",
            label: "Archive",
            hint: "Its name in the bucket: a zip, tar, tar.gz or tar.zst of at most 50 MiB.",
            value: draft.key.clone(),
            needed: true,
            error: error("key"),
            ..Input::default()
        })}
        {input(Input {
            name: "bucket_secret",
            label: "Secret",
            hint: "Name of a Secret with accesskey and secretkey, or with serviceaccount for Google.",
            value: draft.bucket_secret.clone(),
            list: Some("bucket-secrets"),
            error: error_of(problem, &["spec.source.secretRef"]),
            ..Input::default()
        })}
        {secret_choices(access, "bucket-secrets", &[SourceType::S3, SourceType::Gcs])}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_source_make_the_same_source_again() {
        let posted = |pairs: &[(&str, &str)]| {
            Posted(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let git =
            posted(&[("git_url", " https://git.example/x "), ("git_path", "a"), ("git_secret", "deploy")]);
        let NewCode::Place { source } = SourceDraft::of_posted(&git).git() else { panic!("a place") };
        assert_eq!(source.git.as_ref().unwrap().reference, "main");
        let main = SourceDraft::of_source(&source);
        assert_eq!(
            main.told(),
            "repository: https://git.example/x\nbranch, tag or commit: main\nfolder: a\nsecret: deploy\n"
        );
        assert_eq!(main.git(), NewCode::Place { source });
        for kind in ["s3", "minio", "gcs"] {
            let fields = [
                ("bucket_kind", kind),
                ("bucket_name", "code"),
                ("bucket_key", "x.zip"),
                ("bucket_endpoint", "h:9000"),
            ];
            let NewCode::Place { source } = SourceDraft::of_posted(&posted(&fields)).object() else {
                panic!("a place")
            };
            assert_eq!((source.kind.as_str(), source.is_consistent()), (kind, true));
            assert_eq!(SourceDraft::of_source(&source).object(), NewCode::Place { source });
        }
    }
}
