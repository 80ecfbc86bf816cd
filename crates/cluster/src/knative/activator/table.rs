//! Which Revision a name leads to: an immutable table that is swapped whole, so that a request reads it
//! without a lock.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use super::backend::Backend;
use crate::registry::Key;

/// Where the requests of a Service, or of one of its tags, go.
pub(in crate::knative) struct Target {
    pub(in crate::knative) service: Arc<str>,
    /// Revisions with the upper end of their share, in percent, rising; empty while none is ready.
    shares: Vec<(u8, Arc<Backend>)>,
    /// Why there are no shares.
    unready: String,
    /// Not for callers from outside.
    pub(in crate::knative) local: bool,
}

impl Target {
    /// With the percentages of each Revision; those without traffic are left out.
    pub(in crate::knative) fn new(
        service: Arc<str>,
        parts: impl IntoIterator<Item = (i64, Arc<Backend>)>,
        unready: String,
        local: bool,
    ) -> Self {
        let mut end = 0;
        let shares = parts
            .into_iter()
            .filter(|(percent, _)| *percent > 0)
            .map(|(percent, backend)| {
                end = (end + percent).min(100);
                (u8::try_from(end).unwrap_or(100), backend)
            })
            .collect();
        Self { service, shares, unready, local }
    }

    /// The Revision for one request; `roll` gives a number below its argument.
    pub(in crate::knative) fn pick(&self, roll: impl FnOnce(u8) -> u8) -> Result<&Arc<Backend>, &str> {
        match self.shares.as_slice() {
            [] => Err(&self.unready),
            [(_, only)] => Ok(only),
            [.., (all, last)] => {
                let number = roll(*all);
                Ok(self.shares.iter().find(|(end, _)| number < *end).map_or(last, |(_, backend)| backend))
            }
        }
    }
}

type Names = HashMap<Box<str>, Arc<Target>>;

/// All targets by namespace and name.
#[derive(Default)]
pub(in crate::knative) struct Table {
    namespaces: ArcSwap<HashMap<Box<str>, Arc<Names>>>,
    /// Held while a new version is made, so that two writers do not lose each other's change.
    writing: Mutex<()>,
}

impl Table {
    /// The target of a name: a Service, or `<tag>-<service>`.
    pub(in crate::knative) fn find(&self, namespace: &str, name: &str) -> Option<Arc<Target>> {
        self.namespaces.load().get(namespace)?.get(name).cloned()
    }

    /// The Services that have targets.
    pub(in crate::knative) fn services(&self) -> Vec<Key> {
        let all = self.namespaces.load();
        let services = all.iter().flat_map(|(namespace, names)| {
            names.values().map(move |target| Key::new(namespace, &target.service))
        });
        services.collect()
    }

    /// Puts the targets of one Service in place of those that it had.
    pub(in crate::knative) async fn set(
        &self,
        namespace: &str,
        service: &str,
        targets: Vec<(String, Target)>,
    ) {
        let _writing = self.writing.lock().await;
        let mut all = HashMap::clone(&self.namespaces.load());
        let mut names = all.get(namespace).map(|names| Names::clone(names)).unwrap_or_default();
        names.retain(|_, target| *target.service != *service);
        for (name, target) in targets {
            // A Service of that very name goes before a tag that makes the same name.
            let taken = names.get(name.as_str()).is_some_and(|own| *own.service == *name);
            if !taken || name == service {
                names.insert(name.into(), Arc::new(target));
            }
        }
        if names.is_empty() {
            all.remove(namespace);
        } else {
            all.insert(namespace.into(), Arc::new(names));
        }
        self.namespaces.store(Arc::new(all));
    }
}

#[cfg(test)]
mod tests {
    use super::super::backend::Settings;
    use super::*;
    use std::time::Duration;

    fn backend(revision: &str) -> Arc<Backend> {
        let settings = Settings {
            namespace: "acme".into(),
            service: "web".into(),
            revision: revision.into(),
            container_concurrency: 0,
            timeout: Duration::from_secs(1),
            queue_depth: 1,
        };
        Arc::new(Backend::new(settings, tokio::sync::mpsc::unbounded_channel().0))
    }

    fn target(service: &str, parts: Vec<(i64, Arc<Backend>)>) -> Target {
        Target::new(service.into(), parts, "starting".into(), false)
    }

    fn revision(target: &Target, roll: u8) -> String {
        target.pick(|_| roll).map_or_else(str::to_owned, |b| b.settings.revision.to_string())
    }

    #[test]
    fn requests_are_shared_by_percent() {
        let target = target("web", vec![(80, backend("one")), (20, backend("two")), (0, backend("three"))]);
        let got: Vec<_> = [0, 79, 80, 99].map(|roll| revision(&target, roll)).to_vec();
        assert_eq!(got, ["one", "one", "two", "two"]);
    }

    #[tokio::test]
    async fn a_service_replaces_its_own_names_and_no_others() {
        let table = Table::default();
        table
            .set(
                "acme",
                "web",
                vec![("web".into(), target("web", vec![])), ("old-web".into(), target("web", vec![]))],
            )
            .await;
        table.set("acme", "api", vec![("api".into(), target("api", vec![(100, backend("a"))]))]).await;
        table.set("acme", "web", vec![("web".into(), target("web", vec![(100, backend("b"))]))]).await;
        assert!(table.find("acme", "old-web").is_none());
        assert_eq!(revision(&table.find("acme", "web").unwrap(), 0), "b");
        assert_eq!(revision(&table.find("acme", "api").unwrap(), 0), "a");
        assert!(table.find("other", "web").is_none());
    }

    #[tokio::test]
    async fn a_tag_never_hides_a_service_of_that_name() {
        let table = Table::default();
        table
            .set("acme", "new-web", vec![("new-web".into(), target("new-web", vec![(100, backend("own"))]))])
            .await;
        let tagged = ("new-web".to_owned(), target("web", vec![(100, backend("tag"))]));
        table.set("acme", "web", vec![("web".into(), target("web", vec![])), tagged]).await;
        assert_eq!(revision(&table.find("acme", "new-web").unwrap(), 0), "own");
    }

    #[test]
    fn a_target_without_a_ready_revision_says_why() {
        assert_eq!(revision(&target("web", vec![]), 0), "starting");
    }
}
