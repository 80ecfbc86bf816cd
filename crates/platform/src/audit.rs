//! The audit trail: written here and nowhere else, by [`Platform::audited`] around every act.

use std::{collections::BTreeMap, future::Future};

use domain::{
    Cursor, FunctionName, Page, TenantName,
    audit::{AuditEntry, AuditFilter, AuditRecord, AuditResult, action},
    identity::{Caller, Permission, Role, User},
    page,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Error, Platform, Result};

/// Denied reads that may wait to be kept; beyond it they are counted only.
const WAITING: usize = 1000;
/// Changed fields that one entry tells of, and letters of one value.
const MOST_FIELDS: usize = 40;
const MOST_LETTERS: usize = 300;
/// Rows of one export.
const EXPORTED: u32 = 100_000;

tokio::task_local! {
    /// Set while an act runs: its end is told once, by [`Platform::audited`].
    static ACTING: ();
}

/// Denied reads on their way into the trail.
pub(crate) struct Denials {
    sender: mpsc::Sender<AuditEntry>,
    receiver: std::sync::Mutex<Option<mpsc::Receiver<AuditEntry>>>,
}

impl Default for Denials {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: std::sync::Mutex::new(Some(receiver)) }
    }
}

/// What someone does, for the trail.
pub(crate) struct Act<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) tenant: &'a TenantName,
    pub(crate) action: &'static str,
    pub(crate) object: &'a str,
}

impl Platform {
    /// Runs an act and tells of it: what changed, or why it did not.
    pub(crate) async fn audited<T>(
        &self,
        act: Act<'_>,
        run: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let before = self.seen(&act);
        let done = ACTING.scope((), Box::pin(run)).await;
        let mut entry = self.entry(act.caller, Some(act.tenant), act.action, act.object);
        match &done {
            Ok(_) => (entry.before, entry.after) = changes(before, self.seen(&act)),
            Err(error) => {
                entry.result = if is_denial(error) { AuditResult::Denied } else { AuditResult::Failed };
                entry.reason = error.code().to_owned();
            }
        }
        self.keep(entry).await;
        done
    }

    /// A read that was refused; acts tell of their own refusal.
    pub(crate) fn note_denied(&self, caller: &Caller, tenant: &TenantName, permission: Permission) {
        if ACTING.try_with(|()| ()).is_ok() {
            return;
        }
        let mut entry = self.entry(caller, Some(tenant), action::ACCESS, permission_name(permission));
        entry.result = AuditResult::Denied;
        if self.denials().sender.try_send(entry).is_err() {
            metrics::counter!("knative_lambda_audit_dropped_total").increment(1);
        }
    }

    /// Keeps denied reads until `stop`, and those that wait then.
    pub async fn run_audit(self, stop: CancellationToken) {
        let taken = self.denials().receiver.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(mut denials) = taken else { return };
        while let Some(Some(entry)) = stop.run_until_cancelled(denials.recv()).await {
            self.keep(entry).await;
        }
        while let Ok(entry) = denials.try_recv() {
            self.keep(entry).await;
        }
    }

    /// Something about sign-in, which has no tenant: by whom, what, to what, and how it ended.
    pub async fn note_sign_in(&self, caller: &Caller, what: &str, object: &str, refused: Option<&str>) {
        let mut entry = self.entry(caller, None, what, object);
        if let Some(reason) = refused {
            entry.result = AuditResult::Denied;
            reason.clone_into(&mut entry.reason);
        }
        self.keep(entry).await;
    }

    fn entry(&self, caller: &Caller, tenant: Option<&TenantName>, action: &str, object: &str) -> AuditEntry {
        AuditEntry {
            at: self.now(),
            actor: caller.user.id.clone(),
            actor_name: caller.user.name.clone(),
            tenant: tenant.cloned(),
            action: action.to_owned(),
            object: object.to_owned(),
            result: AuditResult::Success,
            reason: String::new(),
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            correlation_id: caller.correlation_id.to_string(),
            address: caller.address.clone(),
        }
    }

    async fn keep(&self, entry: AuditEntry) {
        if let Err(error) = self.store().append_audit(&entry).await {
            // The log is the second place where it stands.
            tracing::error!(%error, audit.action = entry.action, audit.object = entry.object,
                audit.actor = entry.actor, audit.result = entry.result.as_str(), "an act could not be kept");
        }
    }

    /// What the act is about to change, as it stands.
    fn seen(&self, act: &Act<'_>) -> BTreeMap<String, Value> {
        let spec = if act.action.starts_with("function.") {
            let name: Option<FunctionName> = act.object.parse().ok();
            let function = name.and_then(|name| self.cache().function(act.tenant, &name));
            function.and_then(|function| serde_json::to_value(&function.spec).ok())
        } else if act.action.starts_with("tenant.") {
            self.cache().tenant(act.tenant).and_then(|tenant| serde_json::to_value(&tenant.spec).ok())
        } else {
            None
        };
        let mut fields = BTreeMap::new();
        if let Some(spec) = spec {
            flatten("spec", &spec, &mut fields);
        }
        fields
    }

    /// Acts that the caller may see: an administrator all, an owner those of the tenant, others their own.
    pub async fn list_audit(
        &self,
        caller: &Caller,
        mut filter: AuditFilter,
        cursor: Option<Cursor>,
        limit: Option<u32>,
    ) -> Result<Page<AuditRecord>> {
        self.narrow(caller, &mut filter)?;
        Ok(self.store().list_audit(&filter, cursor.as_ref(), page::limit(limit)).await?)
    }

    /// All of them, newest first, for a file; the export is an act itself.
    pub async fn export_audit(&self, caller: &Caller, mut filter: AuditFilter) -> Result<Vec<AuditRecord>> {
        self.narrow(caller, &mut filter)?;
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.store().list_audit(&filter, cursor.as_ref(), 1000).await?;
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() || all.len() >= EXPORTED as usize {
                break;
            }
        }
        let tenant = filter.tenant.as_ref();
        let entry = self.entry(caller, tenant, action::AUDIT_EXPORT, &format!("{} rows", all.len()));
        self.keep(entry).await;
        Ok(all)
    }

    fn narrow(&self, caller: &Caller, filter: &mut AuditFilter) -> Result<()> {
        let Some(tenant) = &filter.tenant else { return self.authorize_admin(caller) };
        self.authorize(caller, tenant, Permission::Read)?;
        if caller.role_in(tenant) < Some(Role::Owner) {
            filter.actor = Some(caller.user.id.clone());
        }
        Ok(())
    }
}

/// Nobody in particular, for acts before someone was recognised.
pub fn nobody(address: Option<String>, correlation_id: domain::CorrelationId) -> Caller {
    Caller { user: User::default(), correlation_id, address }
}

const fn permission_name(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "read",
        Permission::Write => "write",
        Permission::Invoke => "invoke",
        Permission::Administer => "administer",
    }
}

fn is_denial(error: &Error) -> bool {
    matches!(error, Error::Forbidden { .. } | Error::AdminOnly | Error::NotFound("tenant"))
}

/// The leaves of a value by their paths; code stands for itself by its hash.
fn flatten(path: &str, value: &Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}.{key}");
                match value {
                    Value::String(code) if path == "spec.source.inline.code" => {
                        fields.insert(path, format!("sha256:{}", hex::encode(Sha256::digest(code))).into());
                    }
                    value => flatten(&path, value, fields),
                }
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                flatten(&format!("{path}[{at}]"), value, fields);
            }
        }
        Value::String(text) if text.chars().count() > MOST_LETTERS => {
            let cut: String = text.chars().take(MOST_LETTERS).collect();
            fields.insert(path.to_owned(), format!("{cut}…").into());
        }
        leaf => drop(fields.insert(path.to_owned(), leaf.clone())),
    }
}

type Fields = BTreeMap<String, Value>;

/// The fields that differ, as they were and as they became.
fn changes(before: Fields, after: Fields) -> (Fields, Fields) {
    let same = |path: &String| before.get(path) == after.get(path);
    let paths: Vec<_> = before.keys().chain(after.keys()).filter(|path| !same(path)).cloned().collect();
    let kept: std::collections::BTreeSet<_> = paths.into_iter().take(MOST_FIELDS).collect();
    let of = |fields: &Fields| {
        fields.iter().filter(|(path, _)| kept.contains(*path)).map(|(p, v)| (p.clone(), v.clone())).collect()
    };
    (of(&before), of(&after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Fields {
        let mut fields = Fields::new();
        flatten("spec", value, &mut fields);
        fields
    }

    #[test]
    fn only_what_changed_is_told_and_code_by_its_hash() {
        let spec = |replicas: i64, code: &str| json!({"scaling": {"max": replicas, "min": 0}, "source": {"inline": {"code": code}}});
        let (before, after) = changes(fields(&spec(1, "key = 'secret'")), fields(&spec(2, "key = 'other'")));
        assert_eq!((&before["spec.scaling.max"], &after["spec.scaling.max"]), (&json!(1), &json!(2)));
        assert!(!before.contains_key("spec.scaling.min"));
        assert!(!format!("{before:?}{after:?}").contains("secret"));
        assert!(before["spec.source.inline.code"].as_str().unwrap().starts_with("sha256:"));
    }
}
