//! Everything that changes something, as the audit trail tells it: one line per act, so that this page is
//! the list of all of them. The work itself is in the file of its noun.

use bytes::Bytes;
use domain::{
    BuildId, FunctionName, TenantName,
    deadletter::{DeadLetterFilter, Replay, ReplayJob, ReplayState},
    event::CloudEvent,
    function::{Deploy, FunctionSummary, LambdaFunction, NewFunction, SettingsForm, Source},
    identity::Caller,
    invocation::{InvokeRequest, InvokeResult},
    preflight::Check,
    tenant::{MembersForm, Tenant},
};
use serde_json::Value;

use crate::{PatchKind, Platform, Result, audit::Act};

impl Platform {
    /// Creates a function from the form; the build begins by itself.
    pub async fn create_function(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        new: NewFunction,
    ) -> Result<FunctionSummary> {
        let name = new.name.trim().to_owned();
        let act = Act { caller, tenant, action: "function.create", object: &name };
        self.audited(act, self.create_function_now(caller, tenant, new)).await
    }

    /// Whether code can be fetched from where a form says; told in the trail, because a Secret may be used for it.
    pub async fn test_source(&self, caller: &Caller, tenant: &TenantName, source: &Source) -> Result<Check> {
        let act = Act { caller, tenant, action: "source.test", object: source.kind.as_str() };
        self.audited(act, self.test_source_now(caller, tenant, source)).await
    }

    /// Asks for the function and all that belongs to it to be taken away; it shows as Deleting until then.
    pub async fn delete_function(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<()> {
        let act = Act { caller, tenant, action: "function.delete", object: name.as_str() };
        self.audited(act, self.delete_function_now(caller, tenant, name)).await
    }

    /// New code for a function.
    pub async fn deploy(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        deploy: Deploy,
    ) -> Result<FunctionSummary> {
        let act = Act { caller, tenant, action: "function.deploy", object: name.as_str() };
        self.audited(act, self.deploy_now(caller, tenant, name, deploy)).await
    }

    /// The Settings tab: environment, secrets, scaling, resources, traffic.
    pub async fn update_settings(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        form: SettingsForm,
    ) -> Result<FunctionSummary> {
        let act = Act { caller, tenant, action: "function.settings", object: name.as_str() };
        self.audited(act, self.update_settings_now(caller, tenant, name, form)).await
    }

    /// Changes a part of a manifest.
    pub async fn patch_manifest(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        kind: PatchKind,
        text: &str,
    ) -> Result<LambdaFunction> {
        let act = Act { caller, tenant, action: "function.patch", object: name.as_str() };
        self.audited(act, self.patch_manifest_now(caller, tenant, name, kind, text)).await
    }

    /// Builds the present source of a function again, whatever was built before.
    pub async fn rebuild(&self, caller: &Caller, tenant: &TenantName, name: &FunctionName) -> Result<()> {
        let act = Act { caller, tenant, action: "build.start", object: name.as_str() };
        self.audited(act, self.rebuild_now(caller, tenant, name)).await
    }

    /// Ends a build that queues or runs.
    pub async fn cancel_build(&self, caller: &Caller, tenant: &TenantName, id: &BuildId) -> Result<()> {
        let act = Act { caller, tenant, action: "build.cancel", object: id.as_str() };
        self.audited(act, self.cancel_build_now(caller, tenant, id)).await
    }

    /// Calls a function and tells what came back.
    pub async fn invoke(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        mut request: InvokeRequest,
    ) -> Result<InvokeResult> {
        let body = Bytes::from(std::mem::take(&mut request.body));
        self.invoke_with(caller, tenant, name, request, body).await
    }

    /// The same with a body that need not be text, in the place of the request's.
    pub async fn invoke_with(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        request: InvokeRequest,
        body: Bytes,
    ) -> Result<InvokeResult> {
        let act = Act { caller, tenant, action: "invocation.invoke", object: name.as_str() };
        self.audited(act, self.invoke_now(caller, tenant, name, request, body)).await
    }

    /// Sends the event of a dead letter to its function once more, with other data when some is given.
    pub async fn replay_dead_letter(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
        data: Option<Value>,
    ) -> Result<CloudEvent> {
        let act = Act { caller, tenant, action: "deadletter.replay", object: &position.to_string() };
        self.audited(act, self.replay_dead_letter_now(caller, tenant, position, data)).await
    }

    /// Throws a dead letter away.
    pub async fn discard_dead_letter(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
    ) -> Result<()> {
        let act = Act { caller, tenant, action: "deadletter.discard", object: &position.to_string() };
        self.audited(act, self.discard_dead_letter_now(caller, tenant, position)).await
    }

    /// Begins to send dead letters again; the job goes on after a restart.
    pub async fn start_replay(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        asked: Replay,
    ) -> Result<ReplayJob> {
        let act = Act { caller, tenant, action: "replay.start", object: "dead letters" };
        self.audited(act, self.start_replay_now(caller, tenant, asked)).await
    }

    /// Pauses, goes on with or aborts a job; what it has not sent stays a dead letter.
    pub async fn set_replay(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        id: &str,
        state: ReplayState,
    ) -> Result<ReplayJob> {
        let action = match state {
            ReplayState::Paused => "replay.pause",
            ReplayState::Aborted => "replay.abort",
            _ => "replay.resume",
        };
        let act = Act { caller, tenant, action, object: id };
        self.audited(act, self.set_replay_now(caller, tenant, id, state)).await
    }

    /// Throws dead letters away: those of the filter up to a position, when they are still as many as was said.
    pub async fn discard_dead_letters(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
        count: u64,
    ) -> Result<u64> {
        let act = Act { caller, tenant, action: "deadletter.discard", object: &format!("{count} of them") };
        self.audited(act, self.discard_dead_letters_now(caller, tenant, filter, upto, count)).await
    }

    /// A build for a request that may come twice: the second time changes nothing.
    pub(crate) async fn rebuild_for(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        request: String,
    ) -> Result<()> {
        let act = Act { caller, tenant, action: "build.start", object: name.as_str() };
        self.audited(act, self.rebuild_for_now(caller, tenant, name, request)).await
    }

    /// Replaces a tenant's spec; an owner may change its members and what it is called.
    pub async fn replace_tenant(&self, caller: &Caller, tenant: &TenantName, text: &str) -> Result<Tenant> {
        let act = Act { caller, tenant, action: "tenant.replace", object: tenant.as_str() };
        self.audited(act, self.replace_tenant_now(caller, tenant, text)).await
    }

    /// Deletes a tenant with all that belongs to it.
    pub async fn delete_tenant(&self, caller: &Caller, tenant: &TenantName) -> Result<()> {
        let act = Act { caller, tenant, action: "tenant.delete", object: tenant.as_str() };
        self.audited(act, self.delete_tenant_now(caller, tenant)).await
    }

    /// Replaces the list of members; what was read before someone else's change is a conflict.
    pub async fn set_members(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        form: MembersForm,
    ) -> Result<MembersForm> {
        let act = Act { caller, tenant, action: "tenant.members", object: tenant.as_str() };
        self.audited(act, self.set_members_now(caller, tenant, form)).await
    }

    /// Creates a function from a manifest in JSON or YAML; with `name` replaces the spec of that one.
    pub async fn apply_manifest(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: Option<&FunctionName>,
        text: &str,
    ) -> Result<LambdaFunction> {
        let named = name.map_or_else(|| name_in(text), ToString::to_string);
        let action = if name.is_some() { "function.replace" } else { "function.create" };
        let act = Act { caller, tenant, action, object: &named };
        self.audited(act, self.apply_manifest_now(caller, tenant, name, text)).await
    }

    /// Makes a tenant from a manifest in JSON or YAML, and waits a moment until it can be used.
    pub async fn create_tenant(&self, caller: &Caller, text: &str) -> Result<Tenant> {
        let named = name_in(text);
        // A name that is none stands under the first tenant, whose administrators made the mistake.
        let tenant = named.parse().unwrap_or_else(|_| first_tenant());
        let act = Act { caller, tenant: &tenant, action: "tenant.create", object: &named };
        self.audited(act, self.create_tenant_now(caller, text)).await
    }

    /// Stops a tenant's functions, or lets them go on.
    pub async fn suspend_tenant(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        suspended: bool,
    ) -> Result<Tenant> {
        let action = if suspended { "tenant.suspend" } else { "tenant.resume" };
        let act = Act { caller, tenant, action, object: tenant.as_str() };
        self.audited(act, self.suspend_tenant_now(caller, tenant, suspended)).await
    }
}

fn first_tenant() -> TenantName {
    domain::tenant::FIRST.parse().expect("the name of the first tenant is one")
}

/// The name in a manifest, as far as it can be read.
fn name_in(text: &str) -> String {
    let manifest = crate::manifest::parse(text).unwrap_or_default();
    let name = manifest.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    name.chars().take(64).collect()
}
