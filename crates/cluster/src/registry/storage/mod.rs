//! Objects in all their recent versions (MVCC): an index in memory in front of a file that survives kill -9.
//!
//! Every write takes the next resource version. It is *accepted* when it is in the index, and *visible* once it is
//! on disk; a write is answered when it is visible, and readers never see more than that. One thread writes to the
//! file and puts whatever has been accepted meanwhile into one transaction.
//!
//! Controllers in this process look *ahead*: at what is accepted. Their writes come after what they follow from, in
//! the file, too, so that a kill leaves no effect without its cause, and a chain of them costs one transaction.

mod disk;
mod index;
mod shelf;
mod stored;
#[cfg(test)]
mod tests;
mod watcher;
mod writer;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::registry::object::Object;
use crate::registry::resource::Resource;
use crate::registry::resources::Resources;
use index::Index;
pub use index::{Listing, Select};
pub use shelf::{Change, ChangeKind};
pub use stored::{Key, Stored};
pub use watcher::{TooOld, Watcher};
use writer::{Durable, Writer};

/// Why the store did not take a write.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The object is no longer in the version on which the write was based.
    #[error("the object has changed")]
    Raced,
    /// The file could not be written; nothing of the write is kept.
    #[error("the registry could not be written: {0}")]
    Disk(String),
    /// The same, because its disk is full.
    #[error("the registry could not be written: no space left on device")]
    Full,
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process is using the registry {0}")]
    InUse(String),
    #[error("the registry {path} cannot be opened: {cause}")]
    Unusable { path: String, cause: String },
}

/// What to do with an object.
#[derive(Debug, Clone)]
pub enum Write {
    /// Creates or changes it.
    Put(Object),
    /// Takes it out as it is.
    Delete,
}

/// Objects with their storages.
pub type Everything = Vec<(Arc<str>, Arc<Stored>)>;

/// The store. Clones share it.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    index: RwLock<Index>,
    resources: ArcSwap<Resources>,
    visible: watch::Sender<u64>,
    writer: Writer,
}

impl Registry {
    /// Opens or creates the file `registry.redb` in `folder` and reads it into memory.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let (disk, loaded) = disk::Disk::open(&folder.join("registry.redb"))?;
        let index = Index::load(loaded);
        let inner = Arc::new_cyclic(|inner| Inner {
            visible: watch::Sender::new(index.visible()),
            resources: ArcSwap::from_pointee(index.resources()),
            index: RwLock::new(index),
            writer: Writer::start(disk, inner.clone()),
        });
        Ok(Self(inner))
    }

    /// What is served at this moment.
    pub fn resources(&self) -> Arc<Resources> {
        self.0.resources.load_full()
    }

    /// The newest visible resource version.
    pub fn version(&self) -> u64 {
        *self.0.visible.borrow()
    }

    /// An object in its newest visible version.
    pub fn get(&self, resource: &Resource, key: &Key) -> Option<Arc<Stored>> {
        self.0.read().get(&resource.storage, key)
    }

    /// An object in its newest accepted version, which a write has to be based on.
    pub fn head(&self, resource: &Resource, key: &Key) -> Option<Arc<Stored>> {
        self.0.read().head(&resource.storage, key)
    }

    /// Objects of one version, in the order of their keys.
    pub fn list(&self, resource: &Resource, select: &Select<'_>) -> Result<Listing, TooOld> {
        self.0.read().list(&resource.storage, select)
    }

    /// All visible objects of a resource, in one namespace or in all.
    pub fn all(&self, resource: &Resource, namespace: Option<&str>) -> Vec<Arc<Stored>> {
        let select = Select { namespace, ..Select::default() };
        // Only a list of an old version can fail.
        self.list(resource, &select).map(|listing| listing.items).unwrap_or_default()
    }

    /// Changes after `version`, as they become visible.
    pub fn watch(&self, resource: &Resource, version: u64) -> Watcher {
        let changed = self.0.write().subscribe(&resource.storage);
        Watcher::new(self.clone(), resource.storage.clone(), version, changed)
    }

    /// The accepted objects of a resource, in one namespace or in all.
    pub fn all_ahead(&self, resource: &Resource, namespace: Option<&str>) -> Vec<Arc<Stored>> {
        self.0.read().list_ahead(&resource.storage, namespace)
    }

    /// The accepted objects of a resource, and the changes that follow.
    pub fn follow_ahead(&self, resource: &Resource) -> (Vec<Arc<Stored>>, Watcher) {
        let mut index = self.0.write();
        let changed = index.subscribe_ahead(&resource.storage);
        let (version, rollbacks) = (index.assigned(), index.rollbacks());
        let objects = index.list_ahead(&resource.storage, None);
        drop(index);
        (objects, Watcher::ahead(self.clone(), resource.storage.clone(), version, changed, rollbacks))
    }

    /// Every object, and the changes that follow, whatever the resource.
    pub fn everything(&self) -> (Everything, Watcher) {
        let storage: Arc<str> = Arc::from(index::EVERYTHING);
        let mut index = self.0.write();
        let changed = index.subscribe(&storage);
        let (objects, version) = (index.everything(), index.visible());
        drop(index);
        (objects, Watcher::new(self.clone(), storage, version, changed))
    }

    /// Writes an object if its head is still `base` (`None`: not there); answers when the write is on disk.
    /// A deletion gives the object as it was, with the version of the deletion.
    pub async fn commit(
        &self,
        resource: &Resource,
        key: &Key,
        base: Option<u64>,
        write: Write,
    ) -> Result<Arc<Stored>, StoreError> {
        let (stored, durable) = self.queue(resource, key, base, write)?;
        match durable.await {
            Ok(Ok(())) => Ok(stored),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Disk("the server is stopping".into())),
        }
    }

    /// The same without waiting for the disk: for those who look ahead, to whom a refusal is told by their watches.
    pub fn accept(
        &self,
        resource: &Resource,
        key: &Key,
        base: Option<u64>,
        write: Write,
    ) -> Result<Arc<Stored>, StoreError> {
        self.queue(resource, key, base, write).map(|(stored, _)| stored)
    }

    fn queue(
        &self,
        resource: &Resource,
        key: &Key,
        base: Option<u64>,
        write: Write,
    ) -> Result<(Arc<Stored>, Durable), StoreError> {
        let mut index = self.0.write();
        let change = index.accept(&resource.storage, key, base, write).ok_or(StoreError::Raced)?;
        // Sent under the lock: the file is written in the order of the versions.
        Ok((change.now.clone(), self.0.writer.send(&resource.storage, key, &change)))
    }

    /// Waits until a version that was read from the head is visible.
    pub async fn until_visible(&self, version: u64) {
        // An error means that the registry is gone, and with it whoever waits.
        let _ = self.0.visible.subscribe().wait_for(|visible| *visible >= version).await;
    }

    /// Forgets versions older than `version`: lists and watches of them are answered with 410 from now on.
    pub fn compact(&self, version: u64) {
        self.0.write().compact(version);
    }

    /// Ends the writing thread after what has been accepted is on disk.
    pub fn close(&self) {
        self.0.writer.close();
    }
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}
