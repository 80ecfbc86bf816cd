//! What lists, counts and searches read: every LambdaFunction and tenant, kept in step by watches.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    FunctionName, TenantName,
    function::LambdaFunction,
    identity::{Role, User},
    live::Change,
    tenant::Tenant,
};
use futures::{Stream, StreamExt};
use kube::{
    Api, Resource, ResourceExt,
    core::DeserializeGuard,
    runtime::{WatchStreamExt, watcher},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Platform, tenant_index::TenantIndex};

type Functions = BTreeMap<FunctionName, Arc<LambdaFunction>>;

/// The newest known state of the cluster.
pub(crate) struct Cache {
    functions: RwLock<HashMap<TenantName, Functions>>,
    tenants: watch::Sender<Arc<TenantIndex>>,
    synced: watch::Sender<(bool, bool)>,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            functions: RwLock::default(),
            tenants: watch::Sender::default(),
            synced: watch::Sender::new((false, false)),
        }
    }
}

impl Cache {
    /// Waits for the first lists of both kinds.
    pub(crate) async fn ready(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.synced.subscribe().wait_for(|(functions, tenants)| *functions && *tenants).await;
    }

    /// All tenants as they are now; cheap: shared, not copied.
    pub(crate) fn tenant_index(&self) -> Arc<TenantIndex> {
        self.tenants.borrow().clone()
    }

    /// Tells of every change of a tenant.
    pub(crate) fn watch_tenants(&self) -> watch::Receiver<Arc<TenantIndex>> {
        self.tenants.subscribe()
    }

    pub(crate) fn tenant(&self, tenant: &TenantName) -> Option<Arc<Tenant>> {
        self.tenants.borrow().get(tenant)
    }

    pub(crate) fn tenants(&self) -> Vec<TenantName> {
        self.tenants.borrow().names()
    }

    /// The roles that the tenants give to a person now.
    pub(crate) fn roles_of(&self, user: &User) -> Vec<(TenantName, Role)> {
        self.tenants.borrow().roles_of(user)
    }

    /// Takes a tenant over that was just written, so that a look right after the write shows it.
    pub(crate) fn observe_tenant(&self, tenant: Tenant) {
        self.tenants.send_modify(|index| *index = Arc::new(index.with(tenant)));
    }

    fn forget_tenant(&self, tenant: &Tenant) {
        self.tenants.send_modify(|index| *index = Arc::new(index.without(tenant)));
    }

    /// The functions of a tenant by name; cheap: shared, not copied.
    pub(crate) fn functions(&self, tenant: &TenantName) -> Vec<Arc<LambdaFunction>> {
        let all = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        all.get(tenant).map(|functions| functions.values().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn function(&self, tenant: &TenantName, name: &FunctionName) -> Option<Arc<LambdaFunction>> {
        let all = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        all.get(tenant)?.get(name).cloned()
    }

    /// Every function of every tenant, by name only.
    pub(crate) fn names(&self) -> Vec<(TenantName, FunctionName)> {
        let all = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        let of = |(tenant, functions): (&TenantName, &Functions)| {
            functions.keys().map(|name| (tenant.clone(), name.clone())).collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    }

    /// Takes an object over unless a newer one is known; whose it is when it changed something.
    ///
    /// Writers call it with the server's answer, so that a list right after a write shows it.
    pub(crate) fn observe(&self, function: LambdaFunction) -> Option<(TenantName, FunctionName)> {
        let (tenant, name) = owner(&function)?;
        let mut all = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        let functions = all.entry(tenant.clone()).or_default();
        if functions
            .get(&name)
            .is_some_and(|known| same_object(known, &function) && version(known) >= version(&function))
        {
            return None;
        }
        functions.insert(name.clone(), Arc::new(function));
        Some((tenant, name))
    }

    fn forget(&self, function: &LambdaFunction) -> Option<(TenantName, FunctionName)> {
        let (tenant, name) = owner(function)?;
        let mut all = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        let functions = all.get_mut(&tenant)?;
        if functions.get(&name).is_some_and(|known| !same_object(known, function)) {
            return None;
        }
        functions.remove(&name).map(|_| (tenant, name))
    }

    /// Forgets what a new list did not name.
    fn keep_only(&self, seen: &BTreeSet<(TenantName, FunctionName)>) {
        let mut all = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        for (tenant, functions) in all.iter_mut() {
            functions.retain(|name, _| seen.contains(&(tenant.clone(), name.clone())));
        }
    }
}

fn owner(function: &LambdaFunction) -> Option<(TenantName, FunctionName)> {
    Some((function.namespace()?.parse().ok()?, function.name_any().parse().ok()?))
}

fn same_object(a: &LambdaFunction, b: &LambdaFunction) -> bool {
    a.metadata.uid == b.metadata.uid
}

/// Versions of one object are compared as numbers, which Kubernetes allows since 1.35.
fn version(function: &LambdaFunction) -> u64 {
    function.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).unwrap_or(0)
}

/// Follows both kinds until `stop`.
pub(crate) async fn run(platform: Platform, stop: CancellationToken) {
    let functions = watch_all::<LambdaFunction>(&platform, watcher::Config::default());
    let tenants = watch_all::<Tenant>(&platform, watcher::Config::default());
    tokio::select! {
        () = follow_functions(&platform, functions) => {}
        () = follow_tenants(&platform, tenants) => {}
        () = stop.cancelled() => {}
    }
}

/// Watches a kind; an object that does not decode is logged and skipped, never the end of the watch.
pub(crate) fn watch_all<K>(
    platform: &Platform,
    config: watcher::Config,
) -> impl Stream<Item = watcher::Event<K>> + Send + use<K>
where
    K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
{
    let api: Api<DeserializeGuard<K>> = Api::all(platform.kube().clone());
    watcher(api, config).default_backoff().filter_map(|event| async move {
        let event = event
            .inspect_err(|error| tracing::warn!(%error, "watch of {} was interrupted", K::kind(&())))
            .ok()?;
        let open = |guard: DeserializeGuard<K>| {
            guard
                .0
                .inspect_err(
                    |error| tracing::warn!(%error, "an object of kind {} is malformed", K::kind(&())),
                )
                .ok()
        };
        Some(match event {
            watcher::Event::Init => watcher::Event::Init,
            watcher::Event::InitDone => watcher::Event::InitDone,
            watcher::Event::InitApply(guard) => watcher::Event::InitApply(open(guard)?),
            watcher::Event::Apply(guard) => watcher::Event::Apply(open(guard)?),
            watcher::Event::Delete(guard) => watcher::Event::Delete(open(guard)?),
        })
    })
}

async fn follow_functions(platform: &Platform, events: impl Stream<Item = watcher::Event<LambdaFunction>>) {
    let mut events = std::pin::pin!(events);
    let mut seen = BTreeSet::new();
    while let Some(event) = events.next().await {
        let changed = match event {
            watcher::Event::Init => {
                seen.clear();
                None
            }
            watcher::Event::InitApply(function) => {
                seen.extend(owner(&function));
                platform.cache().observe(function)
            }
            watcher::Event::InitDone => {
                platform.cache().keep_only(&seen);
                platform.cache().synced.send_modify(|synced| synced.0 = true);
                None
            }
            watcher::Event::Apply(function) => {
                // A write of our own is known already, but the browsers are not told of it yet.
                let whose = owner(&function);
                platform.cache().observe(function);
                whose
            }
            watcher::Event::Delete(function) => platform.cache().forget(&function),
        };
        if let Some((tenant, function)) = changed {
            if let Some(object) = platform.cache().function(&tenant, &function)
                && let Err(error) = platform.note_function(&object).await
            {
                tracing::error!(%error, function.name = %function, "the row of a build could not be kept");
            }
            platform.live().tell(Change::Function { tenant, function });
        }
    }
}

async fn follow_tenants(platform: &Platform, events: impl Stream<Item = watcher::Event<Tenant>>) {
    let mut events = std::pin::pin!(events);
    let mut listed = Vec::new();
    let cache = platform.cache();
    while let Some(event) = events.next().await {
        match event {
            watcher::Event::Init => listed.clear(),
            watcher::Event::InitApply(tenant) => listed.push(tenant),
            watcher::Event::InitDone => {
                let index = TenantIndex::of(std::mem::take(&mut listed));
                cache.tenants.send_replace(Arc::new(index));
                cache.synced.send_modify(|synced| synced.1 = true);
            }
            watcher::Event::Apply(tenant) => cache.observe_tenant(tenant),
            watcher::Event::Delete(tenant) => cache.forget_tenant(&tenant),
        }
    }
}
