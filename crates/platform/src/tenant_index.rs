//! All tenants, and who is a member of which: looked at in every request, so never searched through.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{
    TenantName,
    identity::{Role, User},
    tenant::Tenant,
};
use kube::ResourceExt;

/// An index over the tenants of one moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct TenantIndex {
    tenants: BTreeMap<TenantName, Arc<Tenant>>,
    users: HashMap<String, Vec<(TenantName, Role)>>,
    groups: HashMap<String, Vec<(TenantName, Role)>>,
}

impl TenantIndex {
    /// Of a whole list.
    pub(crate) fn of(tenants: Vec<Tenant>) -> Self {
        let mut index = Self::default();
        for tenant in tenants {
            index.insert(tenant);
        }
        index
    }

    /// With a newer state of one tenant.
    pub(crate) fn with(&self, tenant: Tenant) -> Self {
        let mut index = self.clone();
        if let Ok(name) = tenant.name_any().parse() {
            index.remove(&name);
        }
        index.insert(tenant);
        index
    }

    /// Without a tenant that is gone.
    pub(crate) fn without(&self, tenant: &Tenant) -> Self {
        let mut index = self.clone();
        if let Ok(name) = tenant.name_any().parse::<TenantName>()
            && index.tenants.get(&name).is_some_and(|known| known.metadata.uid == tenant.metadata.uid)
        {
            index.remove(&name);
        }
        index
    }

    fn insert(&mut self, tenant: Tenant) {
        // One that is being deleted lets nobody in any more.
        let Ok(name) = tenant.name_any().parse::<TenantName>() else { return };
        if tenant.metadata.deletion_timestamp.is_some() {
            return;
        }
        for member in &tenant.spec.members {
            let (map, who) = match (&member.user, &member.group) {
                (Some(user), None) => (&mut self.users, user),
                (None, Some(group)) => (&mut self.groups, group),
                _ => continue,
            };
            map.entry(who.clone()).or_default().push((name.clone(), member.role));
        }
        self.tenants.insert(name, Arc::new(tenant));
    }

    fn remove(&mut self, name: &TenantName) {
        let Some(old) = self.tenants.remove(name) else { return };
        for member in &old.spec.members {
            for (map, who) in [(&mut self.users, &member.user), (&mut self.groups, &member.group)] {
                if let Some(roles) = who.as_ref().and_then(|who| map.get_mut(who)) {
                    roles.retain(|(tenant, _)| tenant != name);
                }
            }
        }
    }

    pub(crate) fn get(&self, name: &TenantName) -> Option<Arc<Tenant>> {
        self.tenants.get(name).cloned()
    }

    pub(crate) fn names(&self) -> Vec<TenantName> {
        self.tenants.keys().cloned().collect()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&TenantName, &Arc<Tenant>)> {
        self.tenants.iter()
    }

    /// What a person's id, address and groups give, by tenant.
    pub(crate) fn roles_of(&self, user: &User) -> Vec<(TenantName, Role)> {
        let by_name = [Some(&user.id), user.email.as_ref()].into_iter().flatten();
        let by_name = by_name.filter_map(|name| self.users.get(name));
        let by_group = user.groups.iter().filter_map(|group| self.groups.get(group));
        by_name.chain(by_group).flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::tenant::{Member, TenantSpec};

    use super::*;

    fn tenant(name: &str, members: Vec<Member>) -> Tenant {
        Tenant::new(name, TenantSpec { members, ..TenantSpec::default() })
    }

    #[test]
    fn a_person_has_the_roles_of_all_their_names_and_groups_and_no_others() {
        let index = TenantIndex::of(vec![
            tenant("acme", vec![Member::user("ada@example.org", Role::Owner)]),
            tenant("blue", vec![Member::group("team-7", Role::Viewer)]),
            tenant("coal", vec![Member::user("local:bob", Role::Owner)]),
        ]);
        // 200 groups are looked up, not searched for.
        let groups = (0..200).map(|number| format!("team-{number}")).collect();
        let ada = User { email: Some("ada@example.org".into()), groups, ..User::local("ada") };
        let mut roles = index.roles_of(&ada);
        roles.sort();
        let name = |text: &str| text.parse::<TenantName>().unwrap();
        assert_eq!(roles, [(name("acme"), Role::Owner), (name("blue"), Role::Viewer)]);
    }

    #[test]
    fn a_member_who_was_taken_out_has_no_role_any_more() {
        let index = TenantIndex::of(vec![tenant("acme", vec![Member::user("local:ada", Role::Owner)])]);
        assert_eq!(index.roles_of(&User::local("ada")).len(), 1);
        let index = index.with(tenant("acme", Vec::new()));
        assert!(index.roles_of(&User::local("ada")).is_empty());
        assert_eq!(index.names().len(), 1);
        assert!(index.without(&tenant("acme", Vec::new())).names().is_empty());
    }
}
