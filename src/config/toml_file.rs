//! One TOML file as a tree with places; every fault of its syntax at once.

use std::collections::HashSet;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Node, Value};
use super::problem::{Place, Problem};

/// Parses `text`; what could be read of it, and the faults.
pub fn parse(file: &str, text: &str) -> (Node, Vec<Problem>) {
    let source = Source { file: file.into(), line_starts: line_starts(text), text };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> = Vec::new();
    let mut lines = HashSet::new();
    for error in errors {
        let place =
            error.span().map_or_else(|| Place::File(source.file.clone()), |at| source.place(at.start));
        // One slip makes the parser stumble several times; the first stumble of a line says most.
        if !lines.insert(line_of(&place)) {
            continue;
        }
        let mut what = error.message().lines().collect::<Vec<_>>().join(", ");
        if what == "duplicate key"
            && let Some(key) = error.span().and_then(|at| text.get(at))
        {
            what = format!("{key} stands here a second time");
        }
        problems.push(Problem { place, key: String::new(), what, hint: None });
    }
    (Node { value: source.table(table.get_ref()), place: Place::File(source.file.clone()) }, problems)
}

fn line_of(place: &Place) -> Option<u32> {
    if let Place::Line { line, .. } = place { Some(*line) } else { None }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

struct Source<'t> {
    file: Arc<str>,
    line_starts: Vec<usize>,
    text: &'t str,
}

impl Source<'_> {
    fn place(&self, at: usize) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= at);
        let start = self.line_starts[line.saturating_sub(1)];
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place::Line { file: self.file.clone(), line: small(line), column: small(column) }
    }

    fn table(&self, table: &DeTable<'_>) -> Value {
        let mut entries: Vec<(String, Node)> = table
            .iter()
            .map(|(key, value)| {
                let place = self.place(key.span().start);
                (key.get_ref().to_string(), Node { value: self.value(value.get_ref()), place })
            })
            .collect();
        entries.sort_by(|a, b| a.1.place.cmp(&b.1.place));
        Value::Table(entries)
    }

    fn value(&self, value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
                Ok(whole) => Value::Whole(whole),
                Err(_) => Value::Number(n.as_str().parse().unwrap_or(f64::INFINITY)),
            },
            DeValue::Float(n) => Value::Number(n.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(date) => Value::Text(date.to_string()),
            DeValue::Array(items) => Value::List(items.iter().map(|item| self.item(item)).collect()),
            DeValue::Table(table) => self.table(table),
        }
    }

    fn item(&self, item: &Spanned<DeValue<'_>>) -> Node {
        Node { value: self.value(item.get_ref()), place: self.place(item.span().start) }
    }
}
