//! Who is a member, and what someone may do and why.

use domain::{
    TenantName,
    identity::{Caller, Permission, User},
    tenant::{Access, Member, MembersForm},
};
use kube::ResourceExt;

use crate::{Error, Platform, Result};

/// Longest name of a user or group.
const MOST_LETTERS: usize = 253;

impl Platform {
    /// The members of a tenant, as the form sends them back.
    pub async fn members(&self, caller: &Caller, tenant: &TenantName) -> Result<MembersForm> {
        self.authorize(caller, tenant, Permission::Read)?;
        let found = self.cache().tenant(tenant).ok_or(Error::NotFound("tenant"))?;
        Ok(MembersForm {
            version: found.metadata.generation.unwrap_or_default().to_string(),
            members: found.spec.members.clone(),
        })
    }

    /// Replaces the list of members; what was read before someone else's change is a conflict.
    pub(crate) async fn set_members_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        form: MembersForm,
    ) -> Result<MembersForm> {
        self.authorize(caller, tenant, Permission::Administer)?;
        let members = cleaned(form.members)?;
        let written = self
            .edit_tenant(caller, tenant, |object| {
                if object.metadata.generation.unwrap_or_default().to_string() != form.version {
                    return Err(Error::Conflict);
                }
                object.spec.members.clone_from(&members);
                Ok(())
            })
            .await?;
        tracing::info!(tenant.name = %written.name_any(), user.id = caller.user.id, "members were changed");
        Ok(MembersForm {
            version: written.metadata.generation.unwrap_or_default().to_string(),
            members: written.spec.members,
        })
    }

    /// What a person with this name and these groups may do in the tenant, and by which entry.
    pub async fn test_access(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &str,
        groups: Vec<String>,
    ) -> Result<Access> {
        self.authorize(caller, tenant, Permission::Administer)?;
        let found = self.cache().tenant(tenant).ok_or(Error::NotFound("tenant"))?;
        let user = User { id: name.to_owned(), name: name.to_owned(), groups, ..User::default() };
        let because: Vec<_> =
            found.spec.members.iter().filter(|member| member.is_about(&user)).cloned().collect();
        let role = because.iter().map(|member| member.role).max();
        let may = |permission: Permission| role.is_some_and(|role| role >= permission.needs());
        let permissions = Permission::ALL.into_iter().map(|one| (one, may(one))).collect();
        Ok(Access { role, because, permissions })
    }
}

/// Without blanks around names and without doubles; refuses what names nobody.
fn cleaned(members: Vec<Member>) -> Result<Vec<Member>> {
    let mut kept: Vec<Member> = Vec::new();
    for (at, member) in members.into_iter().enumerate() {
        let field = format!("spec.members[{at}]");
        let trimmed = |name: Option<String>| name.map(|name| name.trim().to_owned());
        let member = Member { user: trimmed(member.user), group: trimmed(member.group), role: member.role };
        let ((Some(name), None) | (None, Some(name))) = (&member.user, &member.group) else {
            return Err(Error::field(field, "A member is either a user or a group."));
        };
        if name.is_empty() || name.len() > MOST_LETTERS || name.chars().any(char::is_control) {
            return Err(Error::field(field, "A name has 1 to 253 letters."));
        }
        if name.starts_with("system:") || name.starts_with("token:") {
            return Err(Error::field(field, "This name belongs to the platform itself."));
        }
        let same = |one: &Member| one.user == member.user && one.group == member.group;
        if kept.iter().any(same) {
            return Err(Error::field(field, format!("The {} is there twice.", member.label())));
        }
        kept.push(member);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use domain::identity::Role;

    use super::*;

    #[test]
    fn members_without_a_name_or_twice_or_of_the_platform_are_refused() {
        assert_eq!(
            cleaned(vec![Member::user(" ada ", Role::Owner)]).unwrap()[0].user.as_deref(),
            Some("ada")
        );
        for bad in ["", "system:masters", "token:1", "a\nb"] {
            assert!(cleaned(vec![Member::user(bad, Role::Viewer)]).is_err(), "{bad}");
        }
        let twice = vec![Member::user("a", Role::Owner), Member::user("a", Role::Viewer)];
        assert!(cleaned(twice).is_err());
        let both = vec![Member::user("a", Role::Owner), Member::group("a", Role::Viewer)];
        assert!(cleaned(both).is_ok(), "a group may be called like a person");
    }
}
