//! The rules of one schema node, compiled.

use cel::Program;
use serde_json::Value;

use super::{check, environment};
use crate::registry::schema::{Error, Schema};

/// The rules of a node, in the order in which they are written.
#[derive(Debug)]
pub struct Rules(pub Vec<Rule>);

/// One entry of `x-kubernetes-validations`.
pub struct Rule {
    pub source: String,
    pub program: Program,
    pub message: Option<String>,
    pub message_expression: Option<Program>,
    /// As in `causes[].reason`.
    pub reason: String,
    /// Path below the node that the cause names, with a leading dot or bracket.
    pub field_path: Option<String>,
    /// The rule compares with `oldSelf`, so that it only means something in an update.
    pub transition: bool,
    /// `oldSelf` is an optional, and the rule is evaluated at creation too.
    pub optional_old_self: bool,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Rules {
    /// Compiles the rules of a node. `schema` is that node, its children compiled already.
    pub fn compile(list: &[Value], schema: &Schema) -> Result<Self, Error> {
        list.iter().map(|rule| Rule::compile(rule, schema)).collect::<Result<_, _>>().map(Self)
    }
}

impl Rule {
    fn compile(entry: &Value, schema: &Schema) -> Result<Self, Error> {
        let text = |name: &str| {
            entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let source = text("rule").unwrap_or_default();
        let program = program(&source, schema)?;
        let transition = program.references().has_variable("oldSelf");
        let message_expression =
            text("messageExpression").map(|source| self::program(&source, schema)).transpose()?;
        Ok(Rule {
            transition,
            program,
            message: text("message").map(|message| message.trim().to_owned()),
            message_expression,
            reason: text("reason").unwrap_or_else(|| "FieldValueInvalid".to_owned()),
            field_path: text("fieldPath"),
            optional_old_self: entry.get("optionalOldSelf") == Some(&Value::Bool(true)),
            source,
        })
    }

    /// What errors call the rule: its message, or else its source.
    pub fn name(&self) -> String {
        self.message.clone().unwrap_or_else(|| format!("failed rule: {}", self.source.trim()))
    }
}

fn program(source: &str, schema: &Schema) -> Result<Program, Error> {
    let refuse = |message: String| Error::Rule { rule: source.to_owned(), message };
    let program = environment::environment().compile(source).map_err(|errors| refuse(errors.to_string()))?;
    check::check(&program, schema).map_err(refuse)?;
    Ok(program)
}

/// Why a rule of this node does not compile, if it does not; for the validation of definitions.
pub fn compile_error(source: &str, schema: &Schema) -> Option<String> {
    program(source, schema).err().map(|error| match error {
        Error::Rule { message, .. } => message,
        other @ Error::Pattern { .. } => other.to_string(),
    })
}
