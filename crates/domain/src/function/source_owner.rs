//! Whose an upload is.

use super::UploadSource;
use crate::TenantName;

impl UploadSource {
    /// Whether the key is an upload of this tenant: anyone who may write a manifest may write any key into it.
    pub fn is_of(&self, tenant: &TenantName) -> bool {
        let own = self.key.strip_prefix("uploads/").and_then(|rest| rest.strip_prefix(tenant.as_str()));
        let id = own.and_then(|rest| rest.strip_prefix('/'));
        id.is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_the_tenant_itself_are_its_uploads() {
        let upload = |key: String| UploadSource { key, sha256: String::new(), size: 0, filename: None };
        let (tenant, id) = ("acme".parse().unwrap(), "0".repeat(32));
        assert!(upload(format!("uploads/acme/{id}")).is_of(&tenant));
        for bad in
            [format!("uploads/acme2/{id}"), format!("uploads/other/{id}"), "uploads/acme/../other/x".into()]
        {
            assert!(!upload(bad.clone()).is_of(&tenant), "{bad}");
        }
    }
}
