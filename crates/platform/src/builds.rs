//! Builds: rows for people, and what may be done about a build.

use domain::{
    BuildId, Cursor, FunctionName, Page, TenantName,
    build::Build,
    function::{ANNOTATION_BUILD_REQUEST, LambdaFunction},
    identity::{Caller, Permission},
    page,
};
use k8s_openapi::api::batch::v1::Job;
use kube::{Api, ResourceExt, api::DeleteParams};

use crate::{Error, Platform, Result};

/// How often, and how many times, a new build is looked for: 1.5 s in all.
const BUILD_APPEARS_EVERY: std::time::Duration = std::time::Duration::from_millis(30);
const BUILD_APPEARS_TRIES: u32 = 50;

impl Platform {
    /// A function's builds, newest first.
    pub async fn list_builds(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        function: &FunctionName,
        cursor: Option<Cursor>,
    ) -> Result<Page<Build>> {
        self.list_builds_limited(caller, tenant, function, cursor, None).await
    }

    /// The same with a limit of the caller's.
    pub async fn list_builds_limited(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        function: &FunctionName,
        cursor: Option<Cursor>,
        limit: Option<u32>,
    ) -> Result<Page<Build>> {
        self.authorize(caller, tenant, Permission::Read)?;
        self.cache().function(tenant, function).ok_or(Error::NotFound("function"))?;
        let mut page =
            self.store().list_builds(tenant, function, cursor.as_ref(), page::limit(limit)).await?;
        if cursor.is_none() {
            self.add_queued(tenant, function, &mut page.items);
        }
        Ok(page)
    }

    /// One build.
    pub async fn get_build(&self, caller: &Caller, tenant: &TenantName, id: &BuildId) -> Result<Build> {
        self.authorize(caller, tenant, Permission::Read)?;
        self.store().get_build(tenant, id).await?.ok_or(Error::NotFound("build"))
    }

    /// Builds the present source of the function again.
    pub async fn retry_build(&self, caller: &Caller, tenant: &TenantName, id: &BuildId) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let build = self.store().get_build(tenant, id).await?.ok_or(Error::NotFound("build"))?;
        self.rebuild(caller, tenant, &build.function).await
    }

    /// Builds the present source of a function again, whatever was built before.
    pub async fn rebuild(&self, caller: &Caller, tenant: &TenantName, name: &FunctionName) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let request = uuid::Uuid::now_v7().to_string();
        self.edit_function(caller, tenant, name, None, |function| {
            if !function.spec.source.builds() {
                return Err(Error::refused(
                    409,
                    "nothing_to_build",
                    "This function runs an image: there is nothing to build.",
                    "Change the image in the manifest instead.",
                ));
            }
            function.annotations_mut().insert(ANNOTATION_BUILD_REQUEST.to_owned(), request.clone());
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// Ends a build that has not ended; its Job goes, and the operator tells the rest.
    pub async fn cancel_build(&self, caller: &Caller, tenant: &TenantName, id: &BuildId) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let build = self.store().get_build(tenant, id).await?.ok_or(Error::NotFound("build"))?;
        let ended = || {
            Error::refused(
                409,
                "build_ended",
                "This build has ended already.",
                "Look at its result, or build again.",
            )
        };
        if build.state.is_final() {
            return Err(ended());
        }
        let jobs: Api<Job> = Api::namespaced(self.kube().clone(), tenant.as_str());
        match jobs.delete(id.as_str(), &DeleteParams::background()).await.map_err(Error::from) {
            Ok(_) => Ok(()),
            Err(Error::NotFound(_)) => Err(ended()),
            Err(other) => Err(other),
        }
    }

    /// The newest build of a function, a queued one included.
    pub(crate) async fn newest_build(
        &self,
        tenant: &TenantName,
        function: &LambdaFunction,
    ) -> Result<Option<Build>> {
        if let Some(queued) = self.queued_build(function) {
            return Ok(Some(queued));
        }
        let Ok(name) = function.name_any().parse() else { return Ok(None) };
        Ok(self.store().list_builds(tenant, &name, None, 1).await?.items.into_iter().next())
    }

    /// Waits a moment for the build that a click asked for, so that the page that follows can show its log.
    /// A function that queues, or whose spec is refused, is not waited for to the end.
    pub(crate) async fn await_build(
        &self,
        tenant: &TenantName,
        name: &FunctionName,
        after: i64,
    ) -> Result<()> {
        for _ in 0..BUILD_APPEARS_TRIES {
            let newest = self.store().list_builds(tenant, name, None, 1).await?.items.into_iter().next();
            if newest.is_some_and(|build| build.number > after) {
                break;
            }
            tokio::time::sleep(BUILD_APPEARS_EVERY).await;
        }
        Ok(())
    }

    fn add_queued(&self, tenant: &TenantName, name: &FunctionName, builds: &mut Vec<Build>) {
        let queued = self.cache().function(tenant, name).and_then(|function| self.queued_build(&function));
        if let Some(queued) = queued
            && !builds.iter().any(|build| build.number == queued.number)
        {
            builds.insert(0, queued);
        }
    }
}
