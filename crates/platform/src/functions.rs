//! Functions: lists from the cache, writes to the cluster.

use std::cmp::Ordering;

use domain::{
    Cursor, FunctionName, Page, TenantName,
    function::{
        ANNOTATION_ACTOR, ANNOTATION_CORRELATION, FINALIZER, FunctionQuery, FunctionSort, FunctionSummary,
        LambdaFunction, NameCheck, NewFunction, Phase,
    },
    identity::{Caller, Permission},
    page,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams, PropagationPolicy},
};

use crate::{
    Error, Platform, Rate, Result,
    preview::new_spec,
    summary::{created_at, phase, summary, updated_at},
    validate,
};

impl Platform {
    /// One page of the tenant's functions.
    pub async fn list_functions(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        query: &FunctionQuery,
    ) -> Result<Page<FunctionSummary>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let wanted = query.q.as_deref().unwrap_or_default().trim().to_lowercase();
        let functions = self.cache().functions(tenant);
        let language = |f: &LambdaFunction| f.spec.runtime.as_ref().map(|runtime| runtime.language);
        let mut rows: Vec<(Position<'_>, &LambdaFunction)> = functions
            .iter()
            .map(|f| &**f)
            .filter(|f| wanted.is_empty() || name_of(f).contains(&wanted))
            .filter(|f| query.phase.is_none_or(|wanted| phase(f) == wanted))
            .filter(|f| query.language.is_none_or(|wanted| language(f) == Some(wanted)))
            .map(|f| (Position { rank: rank(f, query.sort), name: name_of(f) }, f))
            .collect();
        let order = |a: &Position<'_>, b: &Position<'_>| if query.desc { b.cmp(a) } else { a.cmp(b) };
        rows.sort_unstable_by(|(a, _), (b, _)| order(a, b));
        let start = match &query.cursor {
            Some(cursor) => {
                let from = Position::parse(cursor)?;
                rows.partition_point(|(row, _)| order(row, &from) != Ordering::Greater)
            }
            None => 0,
        };
        let (rows, limit) = (&rows[start..], page::limit(query.limit) as usize);
        let next = (rows.len() > limit).then(|| rows[limit - 1].0.cursor());
        let items = rows.iter().take(limit).filter_map(|(_, function)| summary(function)).collect();
        Ok(Page { items, next })
    }

    /// How many functions are in each phase, in the order of [`Phase::ALL`].
    pub async fn function_counts(&self, caller: &Caller, tenant: &TenantName) -> Result<Vec<(Phase, i64)>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let functions = self.cache().functions(tenant);
        let count = |wanted| functions.iter().filter(|f| phase(f) == wanted).count() as i64;
        Ok(Phase::ALL.into_iter().map(|wanted| (wanted, count(wanted))).collect())
    }

    /// The row of one function.
    pub async fn function_summary(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<FunctionSummary> {
        self.authorize(caller, tenant, Permission::Read)?;
        self.cache().function(tenant, name).as_deref().and_then(summary).ok_or(Error::NotFound("function"))
    }

    /// Whether a new function can have this name.
    pub async fn check_name(&self, caller: &Caller, tenant: &TenantName, name: &str) -> Result<NameCheck> {
        self.authorize(caller, tenant, Permission::Read)?;
        Ok(match name.parse::<FunctionName>() {
            Err(invalid) => NameCheck { free: None, problem: Some(invalid.to_string()) },
            Ok(name) if self.cache().function(tenant, &name).is_some() => {
                NameCheck { free: None, problem: Some(format!("A function named {name} exists already.")) }
            }
            Ok(name) => NameCheck { free: Some(name), problem: None },
        })
    }

    /// Creates a function from the form; the build begins by itself.
    pub(crate) async fn create_function_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        new: NewFunction,
    ) -> Result<FunctionSummary> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        self.require_runtime(new.language)?;
        let name: FunctionName =
            new.name.trim().parse().map_err(|invalid| Error::field("metadata.name", format!("{invalid}")))?;
        if self.cache().function(tenant, &name).is_some() {
            return Err(Error::field("metadata.name", format!("A function named {name} exists already.")));
        }
        let mut spec = new_spec(&new);
        spec.source = self.source_of(tenant, None, new.language, new.code).await?;
        let function = self.write_new(caller, tenant, LambdaFunction::new(name.as_str(), spec)).await?;
        self.await_build(tenant, &name, 0).await?;
        summary(&function).ok_or(Error::NotFound("function"))
    }

    /// Asks for the function and all that belongs to it to be taken away; it shows as Deleting until then.
    pub(crate) async fn delete_function_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        // The events of the deletion carry the id of this click, so it is written first.
        self.edit_function(caller, tenant, name, None, |function| {
            sign(function, caller);
            Ok(())
        })
        .await?;
        let params =
            DeleteParams { propagation_policy: Some(PropagationPolicy::Background), ..Default::default() };
        let deleted = self.functions_api(tenant).delete(name.as_str(), &params).await.map_err(not_found)?;
        if let Some(function) = deleted.left() {
            self.cache().observe(function);
        }
        Ok(())
    }

    pub(crate) fn functions_api(&self, tenant: &TenantName) -> Api<LambdaFunction> {
        Api::namespaced(self.kube().clone(), tenant.as_str())
    }

    pub(crate) fn limit_builds(&self, caller: &Caller) -> Result<()> {
        self.limits().take(format!("build/{}", caller.user.id), Rate::BUILD, self.now())
    }

    /// Validates and creates.
    pub(crate) async fn write_new(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        mut function: LambdaFunction,
    ) -> Result<LambdaFunction> {
        validate::spec(&function.spec, tenant)?;
        sign(&mut function, caller);
        // The operator would begin by putting it on: one write less before the build.
        if !function.finalizers().iter().any(|finalizer| finalizer == FINALIZER) {
            function.finalizers_mut().push(FINALIZER.to_owned());
        }
        let created = self.functions_api(tenant).create(&PostParams::default(), &function).await?;
        self.cache().observe(created.clone());
        Ok(created)
    }

    /// Reads, changes and writes a function; tries again when only its status moved meanwhile.
    ///
    /// `version` is what the caller's edit began from ([`FunctionSummary::version`]): a newer spec is a
    /// conflict. What does not change is not written.
    pub(crate) async fn edit_function(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        version: Option<&str>,
        change: impl Fn(&mut LambdaFunction) -> Result<()>,
    ) -> Result<LambdaFunction> {
        let api = self.functions_api(tenant);
        for _ in 0..10 {
            let before = api.get(name.as_str()).await.map_err(not_found)?;
            if version.is_some_and(|version| !began_from(version, &before)) {
                return Err(Error::Conflict);
            }
            let mut function = before.clone();
            change(&mut function)?;
            if function == before {
                return Ok(before);
            }
            if function.spec != before.spec {
                validate::spec(&function.spec, tenant)?;
            }
            sign(&mut function, caller);
            match api.replace(name.as_str(), &PostParams::default(), &function).await.map_err(not_found) {
                Ok(written) => {
                    self.cache().observe(written.clone());
                    return Ok(written);
                }
                Err(Error::Conflict) => {}
                Err(other) => return Err(other),
            }
        }
        Err(Error::Conflict)
    }
}

/// A 404 of the cluster about a function.
pub(crate) fn not_found(error: kube::Error) -> Error {
    match Error::from(error) {
        Error::NotFound(_) => Error::NotFound("function"),
        other => other,
    }
}

/// Who asked, and the id that ties everything together that follows.
pub(crate) fn sign(function: &mut LambdaFunction, caller: &Caller) {
    let annotations = function.annotations_mut();
    annotations.insert(ANNOTATION_CORRELATION.to_owned(), caller.correlation_id.to_string());
    annotations.insert(ANNOTATION_ACTOR.to_owned(), caller.user.name.clone());
}

/// Whether an edit that began from `version` began from the present spec; status changes do not count.
pub(crate) fn began_from(version: &str, function: &LambdaFunction) -> bool {
    let generation = version.split('-').next().and_then(|text| text.parse::<i64>().ok());
    generation == function.metadata.generation
}

/// Where a row stands in a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position<'a> {
    rank: i64,
    name: &'a str,
}

impl<'a> Position<'a> {
    fn cursor(&self) -> Cursor {
        Cursor(format!("{}.{}", self.rank, self.name))
    }

    fn parse(cursor: &'a Cursor) -> Result<Self> {
        let parts = cursor.0.split_once('.').and_then(|(rank, name)| Some((rank.parse().ok()?, name)));
        let (rank, name) =
            parts.ok_or_else(|| Error::field("cursor", "This cursor is not one that a list gave out."))?;
        Ok(Self { rank, name })
    }
}

fn name_of(function: &LambdaFunction) -> &str {
    function.metadata.name.as_deref().unwrap_or_default()
}

fn rank(function: &LambdaFunction, sort: FunctionSort) -> i64 {
    let index = |found: Option<usize>| found.map_or(-1, |index| index as i64);
    match sort {
        FunctionSort::Name => 0,
        FunctionSort::Phase => match phase(function) {
            Phase::Failed => 100,
            phase => index(Phase::ALL.iter().position(|known| *known == phase)),
        },
        FunctionSort::Language => {
            let language = function.spec.runtime.as_ref().map(|runtime| runtime.language);
            index(domain::function::Language::ALL.iter().position(|known| Some(*known) == language))
        }
        FunctionSort::Created => created_at(function).as_millis(),
        FunctionSort::Updated => updated_at(function).as_millis(),
    }
}
