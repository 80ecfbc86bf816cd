//! A check of a rule against its schema before it ever runs: fields and variables that do not exist.
//!
//! It follows fields, indexes and the variables of comprehensions through the schema, and says nothing
//! where a type is not known.

use cel::Program;
use cel::common::ast::{EntryExpr, Expr, IdedExpr};

use super::convert::unescape;
use crate::registry::schema::{Additional, Schema};

/// The message of the first mistake, with its place.
pub(super) fn check(program: &Program, schema: &Schema) -> Result<(), String> {
    let mut scope = vec![("self".to_owned(), Some(schema)), ("oldSelf".to_owned(), Some(schema))];
    type_of(program.expression(), &mut scope).map(|_| ()).map_err(|(id, what)| locate(program, id, &what))
}

type Scope<'s> = Vec<(String, Option<&'s Schema>)>;

/// The schema of what an expression evaluates to, where it is known.
fn type_of<'s>(node: &IdedExpr, scope: &mut Scope<'s>) -> Result<Option<&'s Schema>, (u64, String)> {
    match &node.expr {
        Expr::Ident(name) => match scope.iter().rev().find(|(known, _)| known == name) {
            Some((_, schema)) => Ok(*schema),
            None if is_known(name) => Ok(None),
            None => Err((node.id, format!("undeclared reference to '{name}' (in container '')"))),
        },
        Expr::Select(select) => {
            if let Expr::Ident(name) = &select.operand.expr
                && !scope.iter().any(|(known, _)| known == name)
            {
                return Ok(None);
            }
            match type_of(&select.operand, scope)? {
                Some(schema) => field(schema, &select.field).map_err(|what| (node.id, what)),
                None => Ok(None),
            }
        }
        Expr::Call(call) => {
            let namespace = call.target.as_deref().is_some_and(|target| match &target.expr {
                Expr::Ident(name) => !scope.iter().any(|(known, _)| known == name),
                _ => false,
            });
            if let Some(target) = call.target.as_deref().filter(|_| !namespace) {
                type_of(target, scope)?;
            }
            let mut first = None;
            for (n, argument) in call.args.iter().enumerate() {
                let found = type_of(argument, scope)?;
                first = if n == 0 { found } else { first };
            }
            Ok(match (call.func_name.as_str(), first) {
                ("_[_]", Some(list)) => element(list),
                _ => None,
            })
        }
        Expr::Comprehension(loop_) => {
            let range = type_of(&loop_.iter_range, scope)?;
            type_of(&loop_.accu_init, scope)?;
            let depth = scope.len();
            scope.push((loop_.accu_var.clone(), None));
            // A loop over a map goes over its keys, which are text.
            let item = range.and_then(|range| range.items.as_deref());
            match &loop_.iter_var2 {
                Some(second) => {
                    scope.push((loop_.iter_var.clone(), None));
                    scope.push((second.clone(), range.and_then(element)));
                }
                None => scope.push((loop_.iter_var.clone(), item)),
            }
            type_of(&loop_.loop_cond, scope)?;
            type_of(&loop_.loop_step, scope)?;
            type_of(&loop_.result, scope)?;
            scope.truncate(depth);
            Ok(None)
        }
        Expr::List(list) => {
            for one in &list.elements {
                type_of(one, scope)?;
            }
            Ok(None)
        }
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    type_of(&entry.key, scope)?;
                    type_of(&entry.value, scope)?;
                }
            }
            Ok(None)
        }
        Expr::Struct(_) | Expr::Literal(_) | Expr::Unspecified => Ok(None),
    }
}

/// Names that are not variables: types, namespaces of functions, the accumulators of macros.
fn is_known(name: &str) -> bool {
    const KNOWN: [&str; 16] = [
        "bool",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "list",
        "map",
        "type",
        "null_type",
        "timestamp",
        "duration",
        "optional",
        "math",
        "dyn",
        "google",
    ];
    KNOWN.contains(&name) || name.starts_with('@') || name.starts_with("__")
}

fn field<'s>(schema: &'s Schema, name: &str) -> Result<Option<&'s Schema>, String> {
    let raw = unescape(name);
    if let Some(child) = schema.properties.get(&raw) {
        // The name of an object is always known, its metadata has no fields in definitions.
        let bare = raw == "metadata" && child.properties.is_empty();
        return Ok((!bare).then_some(child.as_ref()));
    }
    match &schema.additional {
        Additional::Schema(child) => return Ok(Some(child)),
        Additional::Any => return Ok(None),
        Additional::Absent => {}
    }
    let open = schema.preserve_unknown
        || schema.embedded
        || schema.kind.is_none()
        || matches!(raw.as_str(), "metadata" | "apiVersion" | "kind");
    if open { Ok(None) } else { Err(format!("undefined field '{name}'")) }
}

fn element(schema: &Schema) -> Option<&Schema> {
    match (&schema.items, &schema.additional) {
        (Some(items), _) => Some(items),
        (None, Additional::Schema(child)) => Some(child),
        (None, _) => None,
    }
}

/// The message in the form of CEL's compiler: line, column, the line itself and a mark below it.
fn locate(program: &Program, id: u64, what: &str) -> String {
    let source = program.source_info();
    let start = source.offset_for(id).map_or(0, |(start, _)| start as usize);
    let before: String = source.source.chars().take(start).collect();
    let line = before.matches('\n').count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let text = source.source.lines().nth(line).unwrap_or_default();
    format!(
        "compilation failed: ERROR: <input>:{}:{}: {what}\n | {text}\n | {}^",
        line + 1,
        column + 1,
        ".".repeat(column)
    )
}
