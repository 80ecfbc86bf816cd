//! Label selectors in text (`app=x,tier in (a,b),!old`) and as objects (`matchLabels`, `matchExpressions`).

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::Value;

use crate::api::status::{ApiError, ApiResult};
use crate::registry::object::Object;

/// Requirements that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<(String, Requirement)>);

/// What is asked of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    Exists,
    Absent,
    In(Vec<String>),
    /// Holds for an object without the label as well.
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Requirement {
    fn holds(&self, label: Option<&str>) -> bool {
        let number = || label.and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::Exists => label.is_some(),
            Self::Absent => label.is_none(),
            Self::In(values) => label.is_some_and(|label| values.iter().any(|value| value == label)),
            Self::NotIn(values) => label.is_none_or(|label| !values.iter().any(|value| value == label)),
            Self::Greater(than) => number().is_some_and(|number| number > *than),
            Self::Less(than) => number().is_some_and(|number| number < *than),
        }
    }
}

impl LabelSelector {
    /// Reads the text form; empty text selects everything.
    pub fn parse(text: &str) -> ApiResult<Self> {
        Parser::new(text)
            .selector()
            .map(Self)
            .map_err(|why| ApiError::bad_request(format!("unable to parse requirement: {why}")))
    }

    /// Reads a `metav1.LabelSelector`; one that is empty selects everything. Unknown operators select nothing.
    pub fn from_object(selector: &Value) -> Self {
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let mut requirements: Vec<_> =
            labels.map(|(key, value)| (key.clone(), Requirement::In(vec![text(value)]))).collect();
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = expression["values"].as_array().into_iter().flatten().map(text).collect();
            let requirement = match expression["operator"].as_str() {
                Some("Exists") => Requirement::Exists,
                Some("DoesNotExist") => Requirement::Absent,
                Some("NotIn") => Requirement::NotIn(values),
                Some("In") => Requirement::In(values),
                _ => Requirement::In(Vec::new()),
            };
            requirements.push((text(&expression["key"]), requirement));
        }
        Self(requirements)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|(key, requirement)| requirement.holds(object.label(key)))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The tokens that an operator can be, as a refusal lists them.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'static str),
    End,
}

impl Token<'_> {
    fn shown(&self) -> &str {
        match self {
            Self::Word(text) => text,
            Self::Symbol(text) => text,
            Self::End => "",
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    peeked: Option<Token<'a>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, chars: text.char_indices().peekable(), peeked: None }
    }

    fn selector(&mut self) -> Result<Vec<(String, Requirement)>, String> {
        let mut requirements = Vec::new();
        if *self.peek() == Token::End {
            return Ok(requirements);
        }
        loop {
            requirements.push(self.requirement()?);
            match self.next() {
                Token::End => return Ok(requirements),
                Token::Symbol(",") => {}
                other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.shown())),
            }
        }
    }

    fn requirement(&mut self) -> Result<(String, Requirement), String> {
        if *self.peek() == Token::Symbol("!") {
            self.next();
            return Ok((self.word("identifier")?, Requirement::Absent));
        }
        let key = self.word("identifier")?;
        let requirement = match self.peek().clone() {
            Token::End | Token::Symbol(",") => Requirement::Exists,
            operator => {
                self.next();
                match operator.shown() {
                    "=" | "==" => Requirement::In(vec![self.value()?]),
                    "!=" => Requirement::NotIn(vec![self.value()?]),
                    "in" => Requirement::In(self.values()?),
                    "notin" => Requirement::NotIn(self.values()?),
                    "gt" | ">" => Requirement::Greater(self.number()?),
                    "lt" | "<" => Requirement::Less(self.number()?),
                    other => return Err(format!("found '{other}', expected: {OPERATORS}")),
                }
            }
        };
        Ok((key, requirement))
    }

    /// A value after `=`, which may be empty.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            _ => self.word("identifier"),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Symbol("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.shown())),
        }
        let mut values = Vec::new();
        loop {
            match self.next() {
                Token::Word(word) => {
                    values.push(word.to_owned());
                    match self.next() {
                        Token::Symbol(",") => {}
                        Token::Symbol(")") => return Ok(values),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.shown())),
                    }
                }
                Token::Symbol(",") => values.push(String::new()),
                Token::Symbol(")") => {
                    values.push(String::new());
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.shown())),
            }
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let word = self.word("identifier")?;
        word.parse().map_err(|_| format!("found '{word}', expected: integer"))
    }

    fn word(&mut self, expected: &str) -> Result<String, String> {
        match self.next() {
            Token::Word(word) => Ok(word.to_owned()),
            other => Err(format!("found '{}', expected: {expected}", other.shown())),
        }
    }

    fn peek(&mut self) -> &Token<'a> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lex());
        }
        self.peeked.get_or_insert(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        self.peeked.take().unwrap_or_else(|| self.lex())
    }

    fn lex(&mut self) -> Token<'a> {
        while self.chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let Some((start, first)) = self.chars.next() else { return Token::End };
        let mut followed_by_equals = || self.chars.next_if(|(_, c)| *c == '=').is_some();
        match first {
            '(' => Token::Symbol("("),
            ')' => Token::Symbol(")"),
            ',' => Token::Symbol(","),
            '>' => Token::Symbol(">"),
            '<' => Token::Symbol("<"),
            '=' => Token::Symbol(if followed_by_equals() { "==" } else { "=" }),
            '!' => Token::Symbol(if followed_by_equals() { "!=" } else { "!" }),
            _ => {
                let in_word = |c: char| !c.is_whitespace() && !"(),=!<>".contains(c);
                let mut end = start + first.len_utf8();
                while let Some((at, c)) = self.chars.next_if(|(_, c)| in_word(*c)) {
                    end = at + c.len_utf8();
                }
                Token::Word(&self.text[start..end])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(labels: Value) -> Object {
        json!({"metadata": {"labels": labels}}).into()
    }

    #[test]
    fn every_operator_selects_as_documented() {
        let web = object(json!({"app": "x", "tier": "web", "size": "5"}));
        for holds in
            ["", "app=x", "app==x", "app!=y", "app in (y,x)", "tier notin (db)", "!old", "app", "size>4"]
        {
            assert!(LabelSelector::parse(holds).unwrap().matches(&web), "{holds}");
        }
        for fails in
            ["app=y", "app!=x", "app in (y)", "tier notin (web)", "old", "!app", "size<5", "app=x,old"]
        {
            assert!(!LabelSelector::parse(fails).unwrap().matches(&web), "{fails}");
        }
    }

    #[test]
    fn malformed_selectors_say_what_was_expected() {
        let message = |text| LabelSelector::parse(text).unwrap_err().to_string();
        assert_eq!(message("app===x"), "unable to parse requirement: found '=', expected: identifier");
        assert_eq!(message("app in x"), "unable to parse requirement: found 'x' expected: '('");
        assert_eq!(
            message("bad one two"),
            "unable to parse requirement: found 'one', expected: in, notin, =, ==, !=, gt, lt"
        );
    }

    #[test]
    fn object_form_combines_labels_and_expressions() {
        let selector = LabelSelector::from_object(&json!({
            "matchLabels": {"app": "x"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["web", "db"]}],
        }));
        assert!(selector.matches(&object(json!({"app": "x", "tier": "db"}))));
        assert!(!selector.matches(&object(json!({"app": "x"}))));
    }
}
