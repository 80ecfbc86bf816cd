//! `format.<name>()` and `validate`: the named formats of Kubernetes names.

use cel::common::types::{CelList, CelOptional, CelString};
use cel::common::value::Val;
use cel::{DeclarationError, Env};

use super::opaque;
use crate::registry::schema::format::holds;

/// A format by its name in the schema language, with what a text that fails is told.
#[derive(Clone, Debug, PartialEq)]
struct Format(&'static str);

opaque!(Format, "kubernetes.NamedFormat", FORMAT);

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_overload!(env, fn dns_label: () -> Format, name = "format.dns1123Label", id = "format_dns1123label")?;
    cel::add_overload!(env, fn dns_subdomain: () -> Format, name = "format.dns1123Subdomain", id = "format_dns1123subdomain")?;
    cel::add_overload!(env, fn uri: () -> Format, name = "format.uri", id = "format_uri")?;
    cel::add_overload!(env, fn uuid: () -> Format, name = "format.uuid", id = "format_uuid")?;
    cel::add_overload!(env, fn byte: () -> Format, name = "format.byte", id = "format_byte")?;
    cel::add_overload!(env, fn date: () -> Format, name = "format.date", id = "format_date")?;
    cel::add_overload!(env, fn datetime: () -> Format, name = "format.datetime", id = "format_datetime")?;
    cel::add_member_overload!(env, fn validate: (Format, CelString) -> CelOptional, name = "validate", id = "format_validate")
}

fn dns_label() -> Format {
    Format("k8s-short-name")
}

fn dns_subdomain() -> Format {
    Format("k8s-long-name")
}

fn uri() -> Format {
    Format("uri")
}

fn uuid() -> Format {
    Format("uuid")
}

fn byte() -> Format {
    Format("byte")
}

fn date() -> Format {
    Format("date")
}

fn datetime() -> Format {
    Format("date-time")
}

/// Nothing, or a list of what is wrong.
fn validate(this: &Format, text: &CelString<'_>) -> CelOptional<'static> {
    if holds(this.0, text.inner()) {
        return CelOptional::none();
    }
    let message: Box<dyn Val> = Box::new(CelString::from(format!("must be a valid {}", this.0)));
    CelOptional::of(Box::new(CelList::from(vec![message])))
}
