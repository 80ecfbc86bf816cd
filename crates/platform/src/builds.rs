//! Builds: rows for people, and what may be done about a build.

use std::time::Duration;

use domain::{
    BuildId, Cursor, FunctionName, Page, TenantName,
    build::{Build, BuildState},
    function::{ANNOTATION_BUILD_REQUEST, ANNOTATION_CANCELLED_BUILD, LambdaFunction},
    identity::{Caller, Permission},
    live::Change,
    page,
};
use futures::StreamExt;
use k8s_openapi::api::batch::v1::Job;
use kube::{Api, ResourceExt, api::DeleteParams};

use crate::{Error, Platform, Result};

/// How long a new build is waited for.
const BUILD_APPEARS: Duration = Duration::from_millis(1500);

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
        self.find_build(tenant, id).await
    }

    /// A build that has begun, or one that waits for its place and has no row yet.
    async fn find_build(&self, tenant: &TenantName, id: &BuildId) -> Result<Build> {
        let begun = self.store().get_build(tenant, id).await?;
        begun.or_else(|| self.find_queued_build(tenant, id)).ok_or(Error::NotFound("build"))
    }

    /// Builds the present source of the function again.
    pub async fn retry_build(&self, caller: &Caller, tenant: &TenantName, id: &BuildId) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let build = self.find_build(tenant, id).await?;
        self.rebuild(caller, tenant, &build.function).await
    }

    /// Builds the present source of a function again, whatever was built before.
    pub(crate) async fn rebuild_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<()> {
        self.rebuild_for_now(caller, tenant, name, uuid::Uuid::now_v7().to_string()).await
    }

    /// The same for a request that may come twice: the second time changes nothing.
    pub(crate) async fn rebuild_for_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        request: String,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
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

    /// Ends a build that has not ended; its Job goes, and the operator tells the rest. The wish is written down
    /// first: a Job that merely vanished is made again, and a build that waits for its place has none.
    pub(crate) async fn cancel_build_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        id: &BuildId,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let build = self.find_build(tenant, id).await?;
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
        if build.state != BuildState::Queued {
            jobs.get_opt(id.as_str()).await?.ok_or_else(ended)?;
        }
        self.edit_function(caller, tenant, &build.function, None, |function| {
            function.annotations_mut().insert(ANNOTATION_CANCELLED_BUILD.to_owned(), id.to_string());
            Ok(())
        })
        .await?;
        match jobs.delete(id.as_str(), &DeleteParams::background()).await.map_err(Error::from) {
            // The operator was quicker, or the build has not begun.
            Ok(_) | Err(Error::NotFound(_)) => Ok(()),
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
        // Subscribed before the first look, so that nothing falls between the two.
        let mut changes = Box::pin(self.live().follow(None));
        let appears = async {
            loop {
                let newest = self.store().list_builds(tenant, name, None, 1).await?.items.into_iter().next();
                if newest.is_some_and(|build| build.number > after) {
                    return Ok(());
                }
                let concerns = |change: &Change| match change {
                    Change::Build { tenant: of, function, .. } => of == tenant && function == name,
                    change => matches!(change, Change::Resync),
                };
                while changes.next().await.is_some_and(|(_, change)| !concerns(&change)) {}
            }
        };
        // Late is no error: the page finds the build by itself.
        tokio::time::timeout(BUILD_APPEARS, appears).await.unwrap_or(Ok(()))
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
