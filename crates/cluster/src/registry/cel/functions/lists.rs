//! `isSorted`, `sum`, `min`, `max`, `indexOf` and `lastIndexOf` of lists.

use std::cmp::Ordering;

use cel::common::types::{CelBool, CelDouble, CelInt, DYN_TYPE, LIST_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_member_overload("isSorted", "list_is_sorted", LIST_TYPE, vec![], is_sorted)?;
    env.add_member_overload("sum", "list_sum", LIST_TYPE, vec![], sum)?;
    env.add_member_overload("min", "list_min", LIST_TYPE, vec![], min)?;
    env.add_member_overload("max", "list_max", LIST_TYPE, vec![], max)?;
    env.add_member_overload("indexOf", "list_index_of", LIST_TYPE, vec![DYN_TYPE], index_of)?;
    env.add_member_overload("lastIndexOf", "list_last_index_of", LIST_TYPE, vec![DYN_TYPE], last_index_of)
}

/// Calls `each` with every element of the list in the first argument.
fn for_each(args: &[CowVal<'_, '_>], mut each: impl FnMut(&dyn Val)) -> Result<(), ExecutionError> {
    let list = args.first().and_then(|list| list.as_iterable());
    let mut items = list.ok_or_else(ExecutionError::missing_argument_or_target)?.iter();
    while let Some(item) = items.next() {
        each(item);
    }
    Ok(())
}

fn elements<'v>(args: &[CowVal<'_, 'v>]) -> Result<Vec<Box<dyn Val + 'v>>, ExecutionError> {
    let list = args.first().and_then(|list| list.as_iterable());
    let mut items = list.ok_or_else(ExecutionError::missing_argument_or_target)?.iter();
    let mut found = Vec::new();
    while let Some(item) = items.next() {
        found.push(item.clone_as_boxed());
    }
    Ok(found)
}

fn compare(a: &dyn Val, b: &dyn Val) -> Option<Ordering> {
    a.as_comparer()?.compare(b).ok()
}

fn is_sorted<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let list = elements(&args)?;
    let sorted = list
        .windows(2)
        .all(|two| compare(two[0].as_ref(), two[1].as_ref()).is_some_and(|order| order != Ordering::Greater));
    Ok(CowVal::owned(CelBool::from(sorted)))
}

fn sum<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let (mut whole, mut fraction, mut is_whole) = (0_i64, 0.0, true);
    let mut overflow = false;
    for_each(&args, |item| {
        if let Some(number) = item.downcast_ref::<CelInt>() {
            match whole.checked_add(*number.inner()) {
                Some(sum) => whole = sum,
                None => overflow = true,
            }
        } else if let Some(number) = item.downcast_ref::<CelDouble>() {
            is_whole = false;
            fraction += *number.inner();
        }
    })?;
    if overflow {
        return Err(ExecutionError::function_error("sum", "integer overflow"));
    }
    Ok(if is_whole { CowVal::owned(CelInt::from(whole)) } else { CowVal::owned(CelDouble::from(fraction)) })
}

fn extreme<'b, 'v>(args: &[CowVal<'b, 'v>], name: &str, keep: Ordering) -> Answer<'b, 'v> {
    let best = elements(args)?
        .into_iter()
        .reduce(|best, next| if compare(next.as_ref(), best.as_ref()) == Some(keep) { next } else { best });
    best.map(CowVal::Owned)
        .ok_or_else(|| ExecutionError::function_error(name, format!("{name} called on empty list")))
}

fn min<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    extreme(&args, "min", Ordering::Less)
}

fn max<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    extreme(&args, "max", Ordering::Greater)
}

fn position<'b, 'v>(args: &[CowVal<'b, 'v>], last: bool) -> Answer<'b, 'v> {
    let wanted = args.get(1).ok_or_else(ExecutionError::missing_argument_or_target)?;
    let (mut found, mut at) = (-1, 0);
    for_each(args, |item| {
        if (last || found < 0) && item.equals(wanted.as_ref()) {
            found = at;
        }
        at += 1;
    })?;
    Ok(CowVal::owned(CelInt::from(found)))
}

fn index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    position(&args, false)
}

fn last_index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    position(&args, true)
}
