//! Layers of configuration: the files in order, `conf.d` beside the first, then the environment.
//!
//! The `config` crate lays one over the other. It keeps no lines, so each value travels with its place
//! as the crate's "origin" and gets it back afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, Environment, Map, Source, ValueKind};

use super::node::{Node, Value};
use super::problem::{Place, Problem};
use super::toml_file;

/// Variables that stand for keys begin so: `MAILDESK__MAILBOX__HOST` is `mailbox.host`.
pub const PREFIX: &str = "MAILDESK";
const BETWEEN: &str = "__";
/// Between the parts of an origin; no file name holds it in earnest.
const UNIT: char = '\u{1f}';

/// Where tables begin; `config` forgets the places of tables when it joins them.
type Headers = BTreeMap<Vec<String>, Place>;

/// The layered tree and the faults of reading; after a fault the tree holds what could be read.
pub fn read(paths: &[PathBuf], env: &BTreeMap<String, String>) -> (Node, Vec<PathBuf>, Vec<Problem>) {
    let mut problems = Vec::new();
    let files = with_conf_d(paths, &mut problems);
    let mut builder = Config::builder();
    let mut headers = Headers::new();
    for path in &files {
        let Some((tree, faults)) = read_file(path, &mut problems) else { continue };
        problems.extend(faults);
        note_headers(&tree, &mut Vec::new(), &mut headers);
        builder = builder.add_source(Layer(entries(&tree)));
    }
    let variables: Map<String, String> = env.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    // No guessing of types here: a password 007 is not the number 7. The reader knows what it wants.
    let environment = Environment::with_prefix(PREFIX).separator(BETWEEN).source(Some(variables));
    let first = files.first().map_or_else(String::new, |path| shown(path));
    let merged = match builder.add_source(environment).build() {
        Ok(merged) => merged.cache,
        Err(error) => {
            problems.push(whole(&first, error.to_string()));
            Map::<String, config::Value>::new().into()
        }
    };
    let place = Place::File(first.as_str().into());
    (restore(merged, &mut Vec::new(), &headers, &place), files, problems)
}

fn with_conf_d(paths: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let mut files = paths.to_vec();
    let Some(folder) = paths.first().and_then(|path| path.parent()).map(|parent| parent.join("conf.d"))
    else {
        return files;
    };
    match std::fs::read_dir(&folder) {
        Ok(found) => {
            let mut more: Vec<PathBuf> = found
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| path.extension().is_some_and(|end| end == "toml"))
                .collect();
            more.sort();
            files.extend(more);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => problems.push(whole(&shown(&folder), format!("cannot be read: {error}"))),
    }
    files
}

fn read_file(path: &Path, problems: &mut Vec<Problem>) -> Option<(Node, Vec<Problem>)> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(toml_file::parse(&shown(path), &text)),
        Err(error) => {
            problems.push(whole(&shown(path), format!("cannot be read: {error}")));
            None
        }
    }
}

/// The end of a path that an operator knows it by: `maildesk.toml`, `conf.d/clients.toml`.
fn shown(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    match path.parent() {
        Some(parent) if name(parent) == "conf.d" => format!("conf.d/{}", name(path)),
        _ => name(path),
    }
}

fn whole(file: &str, what: String) -> Problem {
    Problem { place: Place::File(file.into()), key: String::new(), what, hint: None }
}

fn note_headers(node: &Node, path: &mut Vec<String>, headers: &mut Headers) {
    for (key, inner) in node.entries() {
        path.push(key.to_owned());
        if matches!(inner.value, Value::Table(_)) {
            headers.entry(path.clone()).or_insert_with(|| inner.place.clone());
            note_headers(inner, path, headers);
        }
        path.pop();
    }
}

#[derive(Clone, Debug)]
struct Layer(Map<String, config::Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

fn entries(node: &Node) -> Map<String, config::Value> {
    node.entries().map(|(key, value)| (key.to_owned(), with_origin(value))).collect()
}

fn with_origin(node: &Node) -> config::Value {
    let kind = match &node.value {
        Value::Null => ValueKind::Nil,
        Value::Flag(flag) => ValueKind::Boolean(*flag),
        Value::Whole(n) => ValueKind::I64(*n),
        Value::Number(n) => ValueKind::Float(*n),
        Value::Text(text) => ValueKind::String(text.clone()),
        Value::List(items) => ValueKind::Array(items.iter().map(with_origin).collect()),
        Value::Table(_) => ValueKind::Table(entries(node)),
    };
    let origin = match &node.place {
        Place::Line { file, line, column } => format!("{file}{UNIT}{line}{UNIT}{column}"),
        other => other.to_string(),
    };
    config::Value::new(Some(&origin), kind)
}

fn place_of(value: &config::Value, path: &[String]) -> Option<Place> {
    let origin = value.origin()?;
    let parts: Vec<&str> = origin.split(UNIT).collect();
    let [file, line, column] = parts.as_slice() else {
        let name = path.iter().map(|key| key.to_uppercase()).collect::<Vec<_>>().join(BETWEEN);
        return Some(Place::Variable(format!("{PREFIX}{BETWEEN}{name}")));
    };
    Some(Place::Line { file: (*file).into(), line: line.parse().ok()?, column: column.parse().ok()? })
}

fn restore(value: config::Value, path: &mut Vec<String>, headers: &Headers, around: &Place) -> Node {
    let written = place_of(&value, path).or_else(|| headers.get(path).cloned());
    let place = written.clone().unwrap_or_else(|| around.clone());
    let value = match value.kind {
        ValueKind::Nil => Value::Null,
        ValueKind::Boolean(flag) => Value::Flag(flag),
        ValueKind::I64(n) => Value::Whole(n),
        ValueKind::I128(n) => Value::Whole(n.try_into().unwrap_or(i64::MAX)),
        ValueKind::U64(n) => Value::Whole(n.try_into().unwrap_or(i64::MAX)),
        ValueKind::U128(n) => Value::Whole(n.try_into().unwrap_or(i64::MAX)),
        ValueKind::Float(n) => Value::Number(n),
        ValueKind::String(text) => Value::Text(text),
        ValueKind::Array(items) => {
            Value::List(items.into_iter().map(|item| restore(item, path, headers, &place)).collect())
        }
        ValueKind::Table(entries) => {
            let mut table: Vec<(String, Node)> = Vec::new();
            for (key, inner) in entries {
                path.push(key.clone());
                table.push((key, restore(inner, path, headers, &place)));
                path.pop();
            }
            table.sort_by(|a, b| (&a.1.place, &a.0).cmp(&(&b.1.place, &b.0)));
            Value::Table(table)
        }
    };
    // A table that only variables filled is found at the first of them.
    let place = match (&value, written) {
        (Value::Table(entries), None) => entries.first().map_or(place, |(_, first)| first.place.clone()),
        _ => place,
    };
    Node { value, place }
}
