//! Who belongs to whom, and what follows from it. Pure: the loop in `controllers::garbage` acts on it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::registry::finalizer::{FOREGROUND, ORPHAN};
use crate::registry::object::{Object, OwnerReference};
use crate::registry::storage::Key;

/// Identifies an object for good, unlike its name.
pub type Uid = String;

/// What the collector remembers of an object.
#[derive(Debug, Clone)]
pub struct Node {
    pub storage: Arc<str>,
    pub key: Key,
    owners: Vec<OwnerReference>,
    deleting: bool,
    foreground: bool,
    orphan: bool,
}

/// What has to be done about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// None of its owners is there any more. In the foreground if an owner waits for it.
    Delete { foreground: bool },
    /// These owners (uids) are gone, another one holds it.
    Release(Vec<Uid>),
    /// The owner that is deleted leaves these dependents, then goes.
    Orphan(Vec<Uid>),
    /// The owner has waited for its dependents and may go.
    Finish,
}

/// All objects and their owner references.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: HashMap<Uid, Node>,
    dependents: HashMap<Uid, HashSet<Uid>>,
}

impl Graph {
    /// Takes in an object as it is now; gives the uids of objects to look at again.
    pub fn put(&mut self, storage: &Arc<str>, object: &Object) -> Vec<Uid> {
        let uid = object.uid().to_owned();
        let node = Node {
            storage: storage.clone(),
            key: Key::of(object),
            owners: object.owner_references(),
            deleting: object.is_deleting(),
            foreground: object.has_finalizer(FOREGROUND),
            orphan: object.has_finalizer(ORPHAN),
        };
        let mut dirty = self.unlink(&uid);
        for owner in &node.owners {
            self.dependents.entry(owner.uid.clone()).or_default().insert(uid.clone());
        }
        if node.deleting && node.foreground {
            dirty.extend(self.dependents_of(&uid));
        }
        self.nodes.insert(uid.clone(), node);
        dirty.push(uid);
        dirty
    }

    /// Takes out an object that is gone; gives the uids of objects to look at again.
    pub fn remove(&mut self, uid: &str) -> Vec<Uid> {
        let mut dirty = self.unlink(uid);
        self.nodes.remove(uid);
        dirty.extend(self.dependents_of(uid));
        dirty
    }

    /// An object that is known.
    pub fn node(&self, uid: &str) -> Option<&Node> {
        self.nodes.get(uid)
    }

    /// Forgets the owners of an object; gives them, since one may have waited for it.
    fn unlink(&mut self, uid: &str) -> Vec<Uid> {
        let owners: Vec<Uid> = self
            .nodes
            .get(uid)
            .into_iter()
            .flat_map(|node| &node.owners)
            .map(|owner| owner.uid.clone())
            .collect();
        for owner in &owners {
            if let Some(dependents) = self.dependents.get_mut(owner) {
                dependents.remove(uid);
                if dependents.is_empty() {
                    self.dependents.remove(owner);
                }
            }
        }
        owners
    }

    fn dependents_of(&self, uid: &str) -> Vec<Uid> {
        self.dependents.get(uid).into_iter().flatten().cloned().collect()
    }

    /// What has to be done about an object now, if anything.
    pub fn action(&self, uid: &str) -> Option<Action> {
        let node = self.nodes.get(uid)?;
        if node.deleting {
            return self.action_of_deleted(uid, node);
        }
        if node.owners.is_empty() {
            return None;
        }
        let (mut solid, mut others, mut waiting) = (false, Vec::new(), false);
        for reference in &node.owners {
            match self.owner(node, reference) {
                Some(owner) if owner.deleting && owner.foreground => {
                    others.push(reference.uid.clone());
                    waiting = true;
                }
                Some(_) => solid = true,
                None => others.push(reference.uid.clone()),
            }
        }
        match (solid, others.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Action::Release(others)),
            (false, _) => {
                // Its own dependents go first when its owner wants to see it gone.
                Some(Action::Delete { foreground: waiting && self.dependents.contains_key(uid) })
            }
        }
    }

    fn action_of_deleted(&self, uid: &str, node: &Node) -> Option<Action> {
        if node.orphan {
            return Some(Action::Orphan(self.dependents_of(uid)));
        }
        if !node.foreground {
            return None;
        }
        let blocked = self.dependents_of(uid).iter().filter_map(|one| self.nodes.get(one)).any(|dependent| {
            dependent.owners.iter().any(|owner| owner.uid == uid && owner.block_owner_deletion == Some(true))
        });
        (!blocked).then_some(Action::Finish)
    }

    /// The owner that is meant, if it is there: in the same namespace or of cluster scope, and of that name.
    fn owner(&self, dependent: &Node, reference: &OwnerReference) -> Option<&Node> {
        let owner = self.nodes.get(&reference.uid)?;
        let in_reach = owner.key.namespace.is_empty() || owner.key.namespace == dependent.key.namespace;
        (in_reach && owner.key.name == reference.name).then_some(owner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(uid: &str, owners: &[&str], extra: Value) -> Object {
        let owners: Vec<Value> = owners
            .iter()
            .map(|owner| json!({"apiVersion": "v1", "kind": "K", "name": owner, "uid": owner, "blockOwnerDeletion": true}))
            .collect();
        let mut metadata = json!({"name": uid, "namespace": "n", "uid": uid, "ownerReferences": owners});
        for (field, value) in extra.as_object().into_iter().flatten() {
            metadata[field] = value.clone();
        }
        json!({"metadata": metadata}).into()
    }

    fn graph(objects: &[Object]) -> Graph {
        let mut graph = Graph::default();
        for one in objects {
            graph.put(&Arc::from("s"), one);
        }
        graph
    }

    #[test]
    fn dependent_goes_when_its_last_owner_is_gone() {
        let mut graph = graph(&[object("a", &[], json!({})), object("kid", &["a"], json!({}))]);
        assert_eq!(graph.action("kid"), None);
        assert_eq!(graph.remove("a"), ["kid"]);
        assert_eq!(graph.action("kid"), Some(Action::Delete { foreground: false }));
    }

    #[test]
    fn missing_owner_is_released_while_another_holds() {
        let graph = graph(&[object("a", &[], json!({})), object("kid", &["a", "gone"], json!({}))]);
        assert_eq!(graph.action("kid"), Some(Action::Release(vec!["gone".into()])));
    }

    #[test]
    fn foreground_owner_waits_for_blocking_dependents() {
        let deleted = json!({"deletionTimestamp": "t", "finalizers": ["foregroundDeletion"]});
        let mut graph = graph(&[object("a", &[], deleted), object("kid", &["a"], json!({}))]);
        assert_eq!(graph.action("kid"), Some(Action::Delete { foreground: false }));
        assert_eq!(graph.action("a"), None);
        assert_eq!(graph.remove("kid"), ["a"]);
        assert_eq!(graph.action("a"), Some(Action::Finish));
    }

    #[test]
    fn orphaning_owner_names_its_dependents() {
        let deleted = json!({"deletionTimestamp": "t", "finalizers": ["orphan"]});
        let graph = graph(&[object("a", &[], deleted), object("kid", &["a"], json!({}))]);
        assert_eq!(graph.action("a"), Some(Action::Orphan(vec!["kid".into()])));
    }
}
