//! Container → process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::api::resource;
use knative::Quantity;
use sandbox::{Bind, Isolation, Limits, Network, Spec};

use super::env::{self, Sources};
use super::volume::Volumes;
use crate::workload::config::{Config, HostImage};
use crate::workload::image::Image;

/// Processes and threads that a container may have.
const PROCESSES: u64 = 512;
const OPEN_FILES: u64 = 4096;
/// What a container may write to one file, such as the one for its last message, where it says nothing.
const FILE_BYTES: u64 = 64 << 20;
/// Half of what the platform's own process gets when the processor is scarce.
const CPU_WEIGHT: u64 = 50;

/// Everything that a container's process is made from.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) pod: &'a Pod,
    pub(super) container: &'a Container,
    pub(super) volumes: &'a Volumes,
    pub(super) port: u16,
    pub(super) user: Option<u32>,
    /// The file behind `terminationMessagePath`.
    pub(super) message: &'a Path,
    pub(super) sources: &'a Sources<'a>,
}

impl Parts<'_> {
    /// A user's container. The error is a `CreateContainerConfigError`.
    pub(super) fn sandboxed(&self, image: &Image) -> Result<Spec, String> {
        let mut base: BTreeMap<String, String> = image
            .config
            .env
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let tools = self.config.toolchain.path();
        let path = base.get("PATH").map_or_else(|| tools.clone(), |own| format!("{own}:{tools}"));
        base.insert("PATH".into(), path);
        base.entry("HOME".into()).or_insert_with(|| "/tmp".into());
        base.insert("HOSTNAME".into(), self.hostname());
        let env = self.environment(base)?;
        let line = self.line(image, &env);
        let [command, args @ ..] = line.as_slice() else {
            return Err("no command specified".into());
        };
        let mut binds = image.root.as_deref().map(image_folders).unwrap_or_default();
        binds.extend(self.mounts()?);
        let message = self.container.termination_message_path.as_deref().unwrap_or("/dev/termination-log");
        binds.push(Bind { host: self.message.to_owned(), inside: message.into(), writable: true });
        Ok(Spec {
            command: command.clone(),
            args: args.to_vec(),
            env,
            cwd: self
                .container
                .working_dir
                .clone()
                .unwrap_or_else(|| image.config.working_dir.clone())
                .into(),
            isolation: Isolation::Full,
            read_only: self.config.toolchain.read_only(),
            writable: Vec::new(),
            binds,
            network: Network::Ports { connect: self.config.connect_ports.clone(), bind: vec![self.port] },
            limits: self.limits(),
            user: self.user,
            timeout: None,
            hostname: Some(self.hostname()),
        })
    }

    /// The platform's own program. Its volumes keep their place on the machine, which it is told in
    /// `KL_VOLUME_<NAME>`; whose work it does, in `KL_NAMESPACE`.
    pub(super) fn trusted(&self, image: &HostImage, folder: &Path) -> Result<Spec, String> {
        let mut set = self.container.env.iter().flatten().map(|variable| variable.name.as_str());
        let known =
            |name: &str| image.env.contains_key(name) || image.accepted_env.iter().any(|own| own == name);
        if let Some(refused) = set.find(|name| !known(name)) {
            return Err(format!("the platform's own image does not take the variable {refused}"));
        }
        if self.container.env_from.as_ref().is_some_and(|from| !from.is_empty()) {
            return Err("the platform's own image does not take envFrom".to_owned());
        }
        let mut base = image.env.clone();
        base.insert("KL_NAMESPACE".into(), self.pod.metadata.namespace.clone().unwrap_or_default());
        for (name, path) in &self.volumes.folders {
            let name = name.to_uppercase().replace('-', "_");
            base.insert(format!("KL_VOLUME_{name}"), path.display().to_string());
        }
        // Nothing is mounted for it, so it is told where its last words go.
        base.insert("TERMINATION_MESSAGE_PATH".into(), self.message.display().to_string());
        // What a killed one leaves goes with the Pod's folder.
        base.entry("TMPDIR".into()).or_insert_with(|| folder.join("tmp").display().to_string());
        let mut env = self.environment(base)?;
        // Jobs that an older version wrote still say what is said here now.
        env.extend(image.env.clone());
        let args = self.container.args.iter().flatten().map(|arg| env::expand(arg, &env)).collect();
        let limits = Limits {
            processes: None,
            cpu_weight: None,
            tmp_bytes: None,
            disk_bytes: None,
            file_bytes: None,
            ..self.limits()
        };
        Ok(Spec {
            command: image.program.display().to_string(),
            args,
            env,
            cwd: folder.to_owned(),
            isolation: Isolation::Trusted,
            network: Network::Open,
            limits,
            ..Spec::default()
        })
    }

    fn environment(&self, base: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
        let mut env = env::resolve(self.container, base, self.sources)?;
        env.insert("PORT".into(), self.port.to_string());
        Ok(env)
    }

    /// What is run: the container's words before those of the image.
    fn line(&self, image: &Image, env: &BTreeMap<String, String>) -> Vec<String> {
        let command = self.container.command.as_ref().filter(|command| !command.is_empty());
        let args = self.container.args.as_ref().filter(|args| !args.is_empty());
        let mut line = command.unwrap_or(&image.config.entrypoint).clone();
        // A command of the container's own has nothing to do with the arguments of the image.
        let of_image = command.is_none().then_some(&image.config.cmd);
        line.extend(args.or(of_image).into_iter().flatten().cloned());
        line.iter().map(|word| env::expand(word, env)).collect()
    }

    fn mounts(&self) -> Result<Vec<Bind>, String> {
        let mounts = self.container.volume_mounts.iter().flatten();
        mounts
            .map(|mount| {
                let missing = || format!("volume \"{}\" is not there", mount.name);
                let folder = self.volumes.folders.get(&mount.name).ok_or_else(missing)?;
                let host = match &mount.sub_path {
                    Some(path)
                        if Path::new(path)
                            .components()
                            .all(|part| matches!(part, std::path::Component::Normal(_))) =>
                    {
                        folder.join(path)
                    }
                    Some(path) => return Err(format!("invalid subPath {path}")),
                    None => folder.clone(),
                };
                let empty_dir = self
                    .pod
                    .spec
                    .iter()
                    .flat_map(|spec| spec.volumes.iter().flatten())
                    .any(|volume| volume.name == mount.name && volume.empty_dir.is_some());
                let writable = empty_dir && mount.read_only != Some(true);
                Ok(Bind { host, inside: mount.mount_path.clone().into(), writable })
            })
            .collect()
    }

    fn limits(&self) -> Limits {
        let resources = self.container.resources.as_ref();
        let upper = resources.and_then(|resources| resources.limits.as_ref());
        let own = amount(upper, "ephemeral-storage");
        // A file of a volume may be as large as the volume; the one for the last message is in none.
        let file_bytes = own.unwrap_or(FILE_BYTES).max(self.volumes.disk_bytes.unwrap_or_default());
        Limits {
            memory_bytes: Some(amount(upper, "memory").unwrap_or(self.config.memory_bytes)),
            processes: Some(PROCESSES),
            open_files: Some(OPEN_FILES),
            cpu_weight: Some(CPU_WEIGHT),
            tmp_bytes: own,
            file_bytes: Some(file_bytes),
            disk_bytes: self.volumes.disk_bytes,
            ..Limits::default()
        }
    }

    fn hostname(&self) -> String {
        self.pod.metadata.name.as_deref().unwrap_or("pod").chars().take(63).collect()
    }
}

/// A whole number of units of one resource of a list: bytes, cores.
fn amount(list: Option<&BTreeMap<String, resource::Quantity>>, name: &str) -> Option<u64> {
    let value = Quantity::parse(&list?.get(name)?.0)?.value().ceil();
    (value > 0.0).then_some(value as u64)
}

/// The top folders of an image, but those that come from the machine.
fn image_folders(root: &Path) -> Vec<Bind> {
    const OF_THE_MACHINE: [&str; 14] = [
        "usr", "bin", "sbin", "lib", "lib32", "lib64", "nix", "etc", "dev", "proc", "sys", "tmp", "run",
        "old-root",
    ];
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let shown = entries.filter(|entry| {
        let name = entry.file_name();
        let plain = entry.file_type().is_ok_and(|kind| kind.is_dir());
        plain && !OF_THE_MACHINE.iter().any(|own| name == *own)
    });
    shown
        .map(|entry| Bind {
            host: entry.path(),
            inside: PathBuf::from("/").join(entry.file_name()),
            writable: false,
        })
        .collect()
}
