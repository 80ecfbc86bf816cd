//! `find` and `findAll` of text.

use cel::common::types::{CelInt, CelList, CelString};
use cel::common::value::Val;
use cel::{DeclarationError, Env, ExecutionError};
use regex::Regex;

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_member_overload!(env, fn find: (CelString, CelString) -> Result<CelString>, name = "find")?;
    cel::add_member_overload!(env, fn find_all: (CelString, CelString) -> Result<CelList>, name = "findAll")?;
    cel::add_member_overload!(env, fn find_some: (CelString, CelString, CelInt) -> Result<CelList>, name = "findAll")
}

fn compile(pattern: &CelString<'_>) -> Result<Regex, ExecutionError> {
    Regex::new(pattern.inner())
        .map_err(|_| ExecutionError::function_error("find", format!("Illegal regex: {}", pattern.inner())))
}

fn find(this: &CelString<'_>, pattern: &CelString<'_>) -> Result<CelString<'static>, ExecutionError> {
    let found = compile(pattern)?.find(this.inner()).map_or("", |found| found.as_str()).to_owned();
    Ok(CelString::from(found))
}

fn find_all(this: &CelString<'_>, pattern: &CelString<'_>) -> Result<CelList<'static>, ExecutionError> {
    find_some(this, pattern, &CelInt::from(-1))
}

/// A negative limit is none.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that cel registers")]
fn find_some(
    this: &CelString<'_>,
    pattern: &CelString<'_>,
    limit: &CelInt,
) -> Result<CelList<'static>, ExecutionError> {
    let limit = usize::try_from(*limit.inner()).unwrap_or(usize::MAX);
    let pattern = compile(pattern)?;
    let found = pattern.find_iter(this.inner()).take(limit);
    let texts = found.map(|one| Box::new(CelString::from(one.as_str().to_owned())) as Box<dyn Val>);
    Ok(CelList::from(texts.collect::<Vec<_>>()))
}
