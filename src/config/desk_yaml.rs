//! `desk.yaml`: the description of a desk beside its scripted conversations, for a rehearsal.
//!
//! YAML 1.2: `on`, `off` and times are plain words.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::desk::{self, Surroundings};
use super::node::{Node, Value};
use super::problem::{Place, Problem, Problems, Unsupported};
use super::reader::{Item, Report};
use crate::domain::address::Address;
use crate::domain::rules::{DeskId, Limits, Rules};

/// A desk as its description says.
#[derive(Clone, Debug)]
pub struct Described {
    pub rules: Rules,
    /// What the description asks for and the program does not do yet, in the order of the file.
    pub unsupported: Vec<Unsupported>,
}

/// Reads the description `text`; `file` is how problems name it. `setup` is the value of `setup.desk` of
/// one conversation and lies over it: tables are joined, anything else is replaced.
///
/// An answer of an agent leaves at once and none is held, unless the description says otherwise.
///
/// # Errors
/// Every problem that was found, in the order of the file.
pub fn read_desk_yaml(
    file: &str,
    text: &str,
    setup: Option<&serde_json::Value>,
) -> Result<Described, Problems> {
    let mut tree = parse(file, text).map_err(|problem| Problems(vec![problem]))?;
    if let Some(setup) = setup {
        tree.overlay(Node::of_json(setup, &Place::File("setup.desk".into())));
    }
    let report = Report::default();
    let rules = read(tree, &report);
    let mut problems = report.problems.take();
    problems.sort();
    problems.dedup();
    let mut unsupported = report.unsupported.take();
    unsupported.sort();
    match rules {
        Some(rules) if problems.is_empty() => Ok(Described { rules, unsupported }),
        _ => Err(Problems(problems)),
    }
}

fn read(tree: Node, report: &Report) -> Option<Rules> {
    let address = |key| tree.get(key).and_then(Node::as_text).and_then(Address::parse);
    let watched = ["address", "escalate_address"].into_iter().filter_map(address);
    let watched = watched.map(|address| address.base()).collect();
    let table = Item::root(tree, report).table()?;
    let mut limits = Limits::default();
    limits.attachment_bytes = table.bytes("attachment_limit", limits.attachment_bytes);
    let around = Surroundings {
        watched,
        limits,
        reply_delay_seconds: 0,
        hold_collision: false,
        languages: desk::LANGUAGES.to_vec(),
    };
    let id: DeskId = table.text("desk").unwrap_or_else(|| "desk".to_owned()).into();
    desk::rules(&id, &table, &around)
}

fn parse(file: &str, text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map_or_else(|| Place::File(file.into()), |at| line(file, at));
        let what = error.without_snippet().to_string();
        Problem { place, key: String::new(), what: what.lines().collect::<Vec<_>>().join(" "), hint: None }
    })?;
    Ok(raw.value.into_node(line(file, raw.referenced), file))
}

fn line(file: &str, at: serde_saphyr::Location) -> Place {
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Place::Line { file: file.into(), line: small(at.line()), column: small(at.column()) }
}

/// Any YAML value.
#[derive(Debug)]
enum Raw {
    Plain(Value),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(String, Spanned<Raw>)>),
}

impl Raw {
    fn into_node(self, place: Place, file: &str) -> Node {
        let inner = |raw: Spanned<Raw>| raw.value.into_node(line(file, raw.referenced), file);
        let value = match self {
            Raw::Plain(value) => value,
            Raw::List(items) => Value::List(items.into_iter().map(inner).collect()),
            Raw::Table(entries) => Value::Table(entries.into_iter().map(|(k, v)| (k, inner(v))).collect()),
        };
        Node { value, place }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Flag(flag)))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Whole(n)))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(i64::try_from(n).map_or(Value::Number(n as f64), Value::Whole)))
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Number(n)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Table(entries))
    }
}
