//! `quantity()`, `isQuantity()` and arithmetic and comparison of quantities.

use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError};

use super::opaque;
use knative::Quantity;

/// A quantity as a CEL value, whose trait only types of this crate can have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Amount(Quantity);

opaque!(Amount, "kubernetes.Quantity", QUANTITY);

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_overload!(env, fn parse: (CelString) -> Result<Amount>, name = "quantity", id = "string_to_quantity")?;
    cel::add_overload!(env, fn is_quantity: (CelString) -> CelBool, name = "isQuantity", id = "is_quantity_string")?;
    cel::add_member_overload!(env, fn sign: (Amount) -> CelInt, name = "sign", id = "quantity_sign")?;
    cel::add_member_overload!(env, fn is_integer: (Amount) -> CelBool, name = "isInteger", id = "quantity_is_integer")?;
    cel::add_member_overload!(env, fn as_integer: (Amount) -> Result<CelInt>, name = "asInteger", id = "quantity_as_integer")?;
    cel::add_member_overload!(env, fn as_float: (Amount) -> CelDouble, name = "asApproximateFloat", id = "quantity_as_float")?;
    cel::add_member_overload!(env, fn is_greater: (Amount, Amount) -> CelBool, name = "isGreaterThan", id = "quantity_is_greater")?;
    cel::add_member_overload!(env, fn is_less: (Amount, Amount) -> CelBool, name = "isLessThan", id = "quantity_is_less")?;
    cel::add_member_overload!(env, fn compare: (Amount, Amount) -> CelInt, name = "compareTo", id = "quantity_compare")?;
    cel::add_member_overload!(env, fn add: (Amount, Amount) -> Amount, name = "add", id = "quantity_add")?;
    cel::add_member_overload!(env, fn add_int: (Amount, CelInt) -> Amount, name = "add", id = "quantity_add_int")?;
    cel::add_member_overload!(env, fn sub: (Amount, Amount) -> Amount, name = "sub", id = "quantity_sub")?;
    cel::add_member_overload!(env, fn sub_int: (Amount, CelInt) -> Amount, name = "sub", id = "quantity_sub_int")
}

fn parse(text: &CelString<'_>) -> Result<Amount, ExecutionError> {
    Quantity::parse(text.inner()).map(Amount).ok_or_else(|| {
        ExecutionError::function_error(
            "quantity",
            "quantities must match the regular expression of quantities",
        )
    })
}

fn is_quantity(text: &CelString<'_>) -> CelBool {
    CelBool::from(Quantity::parse(text.inner()).is_some())
}

fn sign(this: &Amount) -> CelInt {
    CelInt::from(this.0.nano().signum() as i64)
}

fn is_integer(this: &Amount) -> CelBool {
    CelBool::from(this.0.whole().is_some())
}

fn as_integer(this: &Amount) -> Result<CelInt, ExecutionError> {
    this.0
        .whole()
        .map(CelInt::from)
        .ok_or_else(|| ExecutionError::function_error("asInteger", "cannot convert value to integer"))
}

fn as_float(this: &Amount) -> CelDouble {
    CelDouble::from(this.0.value())
}

fn is_greater(this: &Amount, other: &Amount) -> CelBool {
    CelBool::from(this.0.nano() > other.0.nano())
}

fn is_less(this: &Amount, other: &Amount) -> CelBool {
    CelBool::from(this.0.nano() < other.0.nano())
}

fn compare(this: &Amount, other: &Amount) -> CelInt {
    CelInt::from(this.0.nano().cmp(&other.0.nano()) as i64)
}

fn add(this: &Amount, other: &Amount) -> Amount {
    Amount(this.0.plus(&other.0))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that cel registers")]
fn add_int(this: &Amount, other: &CelInt) -> Amount {
    Amount(this.0.plus(&Quantity::from_whole(*other.inner())))
}

fn sub(this: &Amount, other: &Amount) -> Amount {
    Amount(this.0.minus(&other.0))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that cel registers")]
fn sub_int(this: &Amount, other: &CelInt) -> Amount {
    Amount(this.0.minus(&Quantity::from_whole(*other.inner())))
}
