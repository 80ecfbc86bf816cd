//! Volumes: folders of the Pod that its containers share.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{KeyToPath, Pod, Volume};
use knative::Quantity;

use super::env::Sources;

/// What an `emptyDir` without a limit may grow to.
const EMPTY_DIR_BYTES: u64 = 1 << 30;

/// Where the volumes of a Pod are on the machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Volumes {
    pub(super) folders: BTreeMap<String, PathBuf>,
    /// How much the writable ones may hold together; none if there are none.
    pub(super) disk_bytes: Option<u64>,
}

/// Why a volume is not there: its name and what a node says about it.
pub(super) struct Failure {
    pub(super) volume: String,
    pub(super) message: String,
}

/// Makes the volumes below `folder`. `trusted`: the Pod may see folders of the machine.
pub(super) fn prepare(
    folder: &Path,
    pod: &Pod,
    sources: &Sources<'_>,
    trusted: bool,
) -> Result<Volumes, Failure> {
    let mut volumes = Volumes::default();
    for volume in pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()) {
        let made = make(&folder.join(&volume.name), volume, sources, trusted, &mut volumes.disk_bytes);
        let path = made.map_err(|message| Failure { volume: volume.name.clone(), message })?;
        volumes.folders.insert(volume.name.clone(), path);
    }
    Ok(volumes)
}

fn make(
    folder: &Path,
    volume: &Volume,
    sources: &Sources<'_>,
    trusted: bool,
    disk: &mut Option<u64>,
) -> Result<PathBuf, String> {
    if let Some(host) = &volume.host_path {
        let refused = "host paths are for the platform's own Pods only";
        return if trusted { Ok(host.path.clone().into()) } else { Err(refused.into()) };
    }
    fs::create_dir_all(folder).map_err(text)?;
    if let Some(empty) = &volume.empty_dir {
        let limit = empty
            .size_limit
            .as_ref()
            .and_then(|limit| Quantity::parse(&limit.0))
            .map_or(EMPTY_DIR_BYTES, |bytes| bytes.value() as u64);
        *disk = Some(disk.unwrap_or(0) + limit);
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).map_err(text)?;
    } else if let Some(secret) = &volume.secret {
        let name = secret.secret_name.as_deref().unwrap_or_default();
        fill(folder, name, true, secret.optional, secret.items.as_deref(), sources)?;
    } else if let Some(map) = &volume.config_map {
        fill(folder, &map.name, false, map.optional, map.items.as_deref(), sources)?;
    } else if let Some(projected) = &volume.projected {
        for source in projected.sources.iter().flatten() {
            if let Some(secret) = &source.secret {
                fill(folder, &secret.name, true, secret.optional, secret.items.as_deref(), sources)?;
            }
            if let Some(map) = &source.config_map {
                // Its certificate belongs to the token, which functions do not get.
                let optional = map.optional.or((map.name == "kube-root-ca.crt").then_some(true));
                fill(folder, &map.name, false, optional, map.items.as_deref(), sources)?;
            }
            for item in source.downward_api.iter().flat_map(|api| api.items.iter().flatten()) {
                if let Some(field) = &item.field_ref {
                    put(folder, &item.path, sources.field(field).as_bytes())?;
                }
            }
        }
    } else {
        return Err("this kind of volume is not supported here".into());
    }
    Ok(folder.to_owned())
}

fn fill(
    folder: &Path,
    name: &str,
    secret: bool,
    optional: Option<bool>,
    items: Option<&[KeyToPath]>,
    sources: &Sources<'_>,
) -> Result<(), String> {
    let Some(data) = sources.data(name, optional == Some(true), secret)? else { return Ok(()) };
    let Some(items) = items else {
        return data.iter().try_for_each(|(key, bytes)| put(folder, key, bytes));
    };
    for item in items {
        match data.get(&item.key) {
            Some(bytes) => put(folder, &item.path, bytes)?,
            None if optional == Some(true) => {}
            None => return Err(format!("references non-existent secret key: {}", item.key)),
        }
    }
    Ok(())
}

/// Validation has refused paths that lead out; this does not rely on it.
fn put(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), String> {
    let inside = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !inside {
        return Err(format!("invalid path {path}"));
    }
    let file = folder.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(text)?;
    }
    fs::write(file, bytes).map_err(text)
}

fn text(error: io::Error) -> String {
    error.to_string()
}
