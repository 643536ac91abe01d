//! A template and values become the subject and text of a letter.

use minijinja::value::Serde;
use minijinja::{Error, ErrorKind, Value};
use serde::Serialize;

use super::catalogue::{Catalogue, HEAD_LINES, SUBJECT};
use super::context::{Context, Internal, Public};
use super::problem::Problem;
use crate::domain::language::Lang;

/// A letter's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// Lines end in LF, the last one too; no other control characters but tabs.
    pub body: String,
    /// The language it is really in: see [`Catalogue::language_of`].
    pub lang: Lang,
}

#[derive(Serialize)]
struct Everything<'a> {
    #[serde(flatten)]
    public: &'a Public,
    #[serde(flatten)]
    internal: &'a Internal,
}

impl Catalogue {
    /// Renders a template for its readers: clients' letters see only what is public.
    ///
    /// Values are data: what stands in them is never read as a template.
    ///
    /// # Errors
    /// An unknown template, or one that names what does not exist; [`Catalogue::check`] finds both beforehand.
    pub fn render(&self, template: &str, lang: Lang, context: &Context) -> Result<Rendered, Problem> {
        let values = values_for(template, context);
        let Some(lang) = self.language_of(template, lang) else {
            return Err(Problem::new(format!("{lang}/{template}.txt"), "there is no such template"));
        };
        let file = format!("{lang}/{template}.txt");
        let subject = self.render_one(&format!("{file}{SUBJECT}"), &values)?;
        let body = self.render_one(&file, &values)?;
        Ok(Rendered { subject: one_line(&subject), body: clean_lines(&body), lang })
    }

    fn render_one(&self, name: &str, values: &Value) -> Result<String, Problem> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|error| explain(&error))
    }
}

/// Whether a template is read by the desk's own people only.
pub(super) fn is_internal(template: &str) -> bool {
    template.starts_with("agent_") || template.starts_with("_agent_") || template == "escalation_head"
}

/// What a template may name.
pub(super) fn values_for(template: &str, context: &Context) -> Value {
    if is_internal(template) {
        Value::from(Serde(Everything { public: &context.public, internal: &context.internal }))
    } else {
        Value::from(Serde(&context.public))
    }
}

/// An error of the template engine as the operator can use it: his file, his line, the name that is wrong.
pub(super) fn explain(error: &Error) -> Problem {
    let error = innermost(error);
    let name = error.name().unwrap_or_default();
    let (file, is_subject) = match name.strip_suffix(SUBJECT) {
        Some(file) => (file, true),
        None => (name, false),
    };
    let excerpt = error.range().and_then(|range| error.template_source()?.get(range)).map(str::trim);
    let what = match (error.kind(), error.detail(), excerpt) {
        (ErrorKind::UndefinedError, _, Some(excerpt)) => format!("`{excerpt}` does not exist"),
        (kind, Some(detail), _) => format!("{kind}: {detail}"),
        (kind, None, Some(excerpt)) => format!("{kind}: `{excerpt}`"),
        (kind, None, None) => kind.to_string(),
    };
    let problem = Problem::new(file, what);
    let in_include = file.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
    match error.line() {
        Some(line) if is_subject || in_include => problem.at(line),
        Some(line) => problem.at(line + HEAD_LINES),
        None => problem,
    }
}

/// The error inside an include is the one worth telling.
fn innermost(error: &Error) -> &Error {
    let mut found = error;
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<Error>() {
            found = inner;
        }
        source = inner.source();
    }
    found
}

/// Header injection ends here: every run of blanks and control characters becomes one blank.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn clean_lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 1);
    let mut after_cr = false;
    for c in text.chars() {
        match c {
            ' '..='~' | 'À'..='ӿ' | '\t' => clean.push(c),
            '\n' if after_cr => {}
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => clean.push('\n'),
            c if c.is_control() => {}
            c => clean.push(c),
        }
        after_cr = c == '\r';
    }
    clean.truncate(clean.trim_end_matches('\n').len());
    clean.push('\n');
    clean
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
