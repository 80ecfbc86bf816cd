//! The functions that Kubernetes adds to CEL.

mod format;
mod lists;
mod network;
mod quantity;
mod regex;
mod url;

use cel::{DeclarationError, Env};

/// Declares all of them.
pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    lists::declare(env)?;
    regex::declare(env)?;
    url::declare(env)?;
    quantity::declare(env)?;
    network::declare(env)?;
    format::declare(env)
}

/// Makes a Rust type a CEL value: opaque, with a name and equality.
macro_rules! opaque {
    ($rust:ty, $name:literal, $ty:ident) => {
        static $ty: cel::common::types::Type = cel::common::types::Type::new_unspecified_type($name);

        impl cel::common::value::Val for $rust {
            fn get_type(&self) -> &cel::common::types::Type {
                &$ty
            }

            fn cel_type() -> &'static cel::common::types::Type {
                &$ty
            }

            fn equals(&self, other: &dyn cel::common::value::Val) -> bool {
                other.downcast_ref::<$rust>().is_some_and(|other| other == self)
            }

            fn clone_as_boxed<'v>(&self) -> Box<dyn cel::common::value::Val + 'v> {
                Box::new(self.clone())
            }

            fn as_any(&self) -> Option<&dyn std::any::Any> {
                Some(self)
            }
        }

        impl cel::common::value::StaticVal for $rust {}
    };
}

use opaque;
