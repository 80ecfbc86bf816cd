//! The functions and macros that rules may use: CEL's standard library, its string, list, math and
//! base64 extensions, and the Kubernetes libraries.

use std::sync::{Arc, LazyLock};

use cel::{Context, DeclarationError, Env};

use super::functions;

static ENVIRONMENT: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(build().expect("each function is declared once, which a test proves")));

/// The environment of all rules, built when the first one is compiled.
pub(super) fn environment() -> &'static Arc<Env> {
    &ENVIRONMENT
}

/// A context without variables.
pub(super) fn context<'v>() -> Context<'static, 'v> {
    Context::with_env(Arc::clone(environment()))
}

fn build() -> Result<Env, DeclarationError> {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings)?;
    env.add_extension(cel::extensions::lists)?;
    env.add_extension(cel::extensions::math)?;
    env.add_extension(cel::extensions::encoders)?;
    functions::declare(&mut env)?;
    Ok(env)
}
