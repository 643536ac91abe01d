//! A configuration as a tree in which every value knows where it was written.

use super::problem::Place;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

/// What TOML, YAML and the environment have in common.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<(String, Node)>),
}

impl Value {
    /// The kind of value, as an operator calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Flag(_) => "true or false",
            Value::Whole(_) | Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The entry of a table.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// The entries of a table; none where it is no table.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = if let Value::Table(entries) = &self.value { entries.as_slice() } else { &[] };
        entries.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The items of a list; none where it is no list.
    pub fn list(&self) -> impl Iterator<Item = &Node> {
        let items = if let Value::List(items) = &self.value { items.as_slice() } else { &[] };
        items.iter()
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// Lays `over` on top: tables are joined key by key, anything else is replaced.
    pub fn overlay(&mut self, over: Node) {
        match (&mut self.value, over.value) {
            (Value::Table(below), Value::Table(above)) => {
                for (key, node) in above {
                    match below.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, old)) => old.overlay(node),
                        None => below.push((key, node)),
                    }
                }
            }
            (_, value) => *self = Node { value, place: over.place },
        }
    }

    /// A value of a JSON document, all of it at one place.
    pub fn of_json(json: &serde_json::Value, place: &Place) -> Node {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Number(n) => match n.as_i64() {
                Some(whole) => Value::Whole(whole),
                None => Value::Number(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(|item| Node::of_json(item, place)).collect()),
            Json::Object(entries) => {
                Value::Table(entries.iter().map(|(k, v)| (k.clone(), Node::of_json(v, place))).collect())
            }
        };
        Node { value, place: place.clone() }
    }
}
