//! `quantity()`, `isQuantity()` and arithmetic and comparison of quantities.

use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError};

use super::opaque;
use crate::registry::quantity::Quantity;

opaque!(Quantity, "kubernetes.Quantity", QUANTITY);

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_overload!(env, fn parse: (CelString) -> Result<Quantity>, name = "quantity", id = "string_to_quantity")?;
    cel::add_overload!(env, fn is_quantity: (CelString) -> CelBool, name = "isQuantity", id = "is_quantity_string")?;
    cel::add_member_overload!(env, fn sign: (Quantity) -> CelInt, name = "sign", id = "quantity_sign")?;
    cel::add_member_overload!(env, fn is_integer: (Quantity) -> CelBool, name = "isInteger", id = "quantity_is_integer")?;
    cel::add_member_overload!(env, fn as_integer: (Quantity) -> Result<CelInt>, name = "asInteger", id = "quantity_as_integer")?;
    cel::add_member_overload!(env, fn as_float: (Quantity) -> CelDouble, name = "asApproximateFloat", id = "quantity_as_float")?;
    cel::add_member_overload!(env, fn is_greater: (Quantity, Quantity) -> CelBool, name = "isGreaterThan", id = "quantity_is_greater")?;
    cel::add_member_overload!(env, fn is_less: (Quantity, Quantity) -> CelBool, name = "isLessThan", id = "quantity_is_less")?;
    cel::add_member_overload!(env, fn compare: (Quantity, Quantity) -> CelInt, name = "compareTo", id = "quantity_compare")?;
    cel::add_member_overload!(env, fn add: (Quantity, Quantity) -> Quantity, name = "add", id = "quantity_add")?;
    cel::add_member_overload!(env, fn add_int: (Quantity, CelInt) -> Quantity, name = "add", id = "quantity_add_int")?;
    cel::add_member_overload!(env, fn sub: (Quantity, Quantity) -> Quantity, name = "sub", id = "quantity_sub")?;
    cel::add_member_overload!(env, fn sub_int: (Quantity, CelInt) -> Quantity, name = "sub", id = "quantity_sub_int")
}

fn parse(text: &CelString<'_>) -> Result<Quantity, ExecutionError> {
    Quantity::parse(text.inner()).ok_or_else(|| {
        ExecutionError::function_error(
            "quantity",
            "quantities must match the regular expression of quantities",
        )
    })
}

fn is_quantity(text: &CelString<'_>) -> CelBool {
    CelBool::from(Quantity::parse(text.inner()).is_some())
}

fn sign(this: &Quantity) -> CelInt {
    CelInt::from(this.nano().signum() as i64)
}

fn is_integer(this: &Quantity) -> CelBool {
    CelBool::from(this.whole().is_some())
}

fn as_integer(this: &Quantity) -> Result<CelInt, ExecutionError> {
    this.whole()
        .map(CelInt::from)
        .ok_or_else(|| ExecutionError::function_error("asInteger", "cannot convert value to integer"))
}

fn as_float(this: &Quantity) -> CelDouble {
    CelDouble::from(this.nano() as f64 / 1e9)
}

fn is_greater(this: &Quantity, other: &Quantity) -> CelBool {
    CelBool::from(this.nano() > other.nano())
}

fn is_less(this: &Quantity, other: &Quantity) -> CelBool {
    CelBool::from(this.nano() < other.nano())
}

fn compare(this: &Quantity, other: &Quantity) -> CelInt {
    CelInt::from(this.nano().cmp(&other.nano()) as i64)
}

fn add(this: &Quantity, other: &Quantity) -> Quantity {
    this.plus(other)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that cel registers")]
fn add_int(this: &Quantity, other: &CelInt) -> Quantity {
    this.plus(&Quantity::from_whole(*other.inner()))
}

fn sub(this: &Quantity, other: &Quantity) -> Quantity {
    this.minus(other)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that cel registers")]
fn sub_int(this: &Quantity, other: &CelInt) -> Quantity {
    this.minus(&Quantity::from_whole(*other.inner()))
}
