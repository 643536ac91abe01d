//! Rows of a table as the tree that the configuration would have.

use std::collections::BTreeMap;

use super::Sheet;
use crate::config::node::{Node, Value};
use crate::config::problem::{Place, Problem};
use crate::domain::books::csv;

/// One row: its cells by column, without empty ones.
struct Row<'t> {
    place: Place,
    cells: BTreeMap<&'static str, &'t str>,
}

/// Reads a table to tables of the tree, by what tells them apart, in the order of the file.
pub fn read(sheet: Sheet, file: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<(String, Node)> {
    let place = |line: usize| Place::Line {
        file: file.into(),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: 1,
    };
    let fault = |line: usize, what: String, hint: Option<String>| Problem {
        place: place(line),
        key: String::new(),
        what,
        hint,
    };
    let lines = match csv::read(text) {
        Ok(lines) => lines,
        Err((line, what)) => {
            problems.push(fault(line, what, None));
            return Vec::new();
        }
    };
    let Some(((line, head), rest)) = lines.split_first() else { return Vec::new() };
    let mut columns = Vec::new();
    for name in head {
        let found = sheet.columns().iter().find(|column| **column == name.trim().to_lowercase());
        if found.is_none() && !name.is_empty() {
            let hint = format!("there are {}", sheet.columns().join(", "));
            problems.push(fault(*line, format!("\"{name}\" is no column"), Some(hint)));
        }
        columns.push(found.copied());
    }
    let mut found: Vec<(String, Node)> = Vec::new();
    for (line, cells) in rest {
        let named = columns.iter().zip(cells).filter_map(|(column, cell)| Some(((*column)?, cell.as_str())));
        let row = Row { place: place(*line), cells: named.filter(|(_, cell)| !cell.is_empty()).collect() };
        let Some(id) = row.cells.get(sheet.columns()[0]).map(|id| (*id).to_owned()) else {
            problems.push(fault(*line, format!("has no {}", sheet.columns()[0]), None));
            continue;
        };
        match sheet {
            Sheet::Agents => found.push((id, row.table(&AGENT))),
            Sheet::Clients => match found.iter_mut().find(|(other, _)| *other == id) {
                Some((_, client)) => row.join_to(client, problems),
                None => found.push((id, row.client(problems))),
            },
        }
    }
    found
}

/// Columns and the keys that they are.
type Keys = [(&'static str, &'static str)];

const AGENT: [(&str, &str); 6] = [
    ("name", "name"),
    ("email", "email"),
    ("phone", "phone"),
    ("team", "team"),
    ("role", "role"),
    ("signature", "signature"),
];
const CLIENT: [(&str, &str); 3] = [("name", "name"), ("code", "code"), ("consultant", "consultant")];
const LISTS: [&str; 2] = ["domains", "devices"];
const CONTRACT: [(&str, &str); 7] = [
    ("contract", "name"),
    ("contract_email", "email"),
    ("hours", "hours"),
    ("period", "period"),
    ("price_beyond", "price_beyond"),
    ("price", "price"),
    ("billing", "billing"),
];
const BILLING: [(&str, &str); 2] = [("billing", "period"), ("price", "price")];
const CONTACT: [(&str, &str); 5] = [
    ("contact", "name"),
    ("email", "email"),
    ("phone", "phone"),
    ("position", "position"),
    ("language", "language"),
];
const FLAGS: [&str; 2] = ["statement", "responsible"];

impl Row<'_> {
    fn node(&self, value: Value) -> Node {
        Node { value, place: self.place.clone() }
    }

    fn entries(&self, keys: &Keys) -> Vec<(String, Node)> {
        let cell = |(column, key): &(&'static str, &str)| {
            let cell = self.cells.get(column)?;
            Some(((*key).to_owned(), self.node(Value::Text((*cell).to_owned()))))
        };
        keys.iter().filter_map(cell).collect()
    }

    fn table(&self, keys: &Keys) -> Node {
        self.node(Value::Table(self.entries(keys)))
    }

    fn problem(&self, column: &str, what: impl Into<String>, hint: &str) -> Problem {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        Problem { place: self.place.clone(), key: column.to_owned(), what: what.into(), hint }
    }

    /// The first row of a client.
    fn client(&self, problems: &mut Vec<Problem>) -> Node {
        let mut entries = self.entries(&CLIENT);
        for list in LISTS {
            if let Some(cell) = self.cells.get(list) {
                let words = cell.split([' ', ',', ';']).filter(|word| !word.is_empty());
                let items = words.map(|word| self.node(Value::Text(word.to_owned()))).collect();
                entries.push((list.to_owned(), self.node(Value::List(items))));
            }
        }
        if self.cells.contains_key("contract") {
            entries.push(("contract".to_owned(), self.table(&CONTRACT)));
        } else {
            for column in ["contract_email", "hours", "period", "price_beyond"] {
                if self.cells.contains_key(column) {
                    problems.push(self.problem(
                        column,
                        "belongs to a contract",
                        "name it in the column contract",
                    ));
                }
            }
            let billing = self.entries(&BILLING);
            if !billing.is_empty() {
                entries.push(("billing".to_owned(), self.node(Value::Table(billing))));
            }
        }
        let contacts = self.contact(problems).into_iter().collect();
        entries.push(("contacts".to_owned(), self.node(Value::List(contacts))));
        self.node(Value::Table(entries))
    }

    fn contact(&self, problems: &mut Vec<Problem>) -> Option<Node> {
        let mut entries = self.entries(&CONTACT);
        for flag in FLAGS {
            let Some(cell) = self.cells.get(flag) else { continue };
            match cell.to_lowercase().as_str() {
                "yes" | "true" | "1" | "x" => entries.push((flag.to_owned(), self.node(Value::Flag(true)))),
                "no" | "false" | "0" | "-" => {}
                other => {
                    problems.push(self.problem(flag, format!("\"{other}\" is neither"), "write yes or no"))
                }
            }
        }
        (!entries.is_empty()).then(|| self.node(Value::Table(entries)))
    }

    /// A further row of a client: another contact. What it says of the client itself must be what was said.
    fn join_to(&self, client: &mut Node, problems: &mut Vec<Problem>) {
        let of_client = self.client(&mut Vec::new());
        for (key, again) in of_client.entries().filter(|(key, _)| *key != "contacts" && *key != "code") {
            if client.get(key).is_none_or(|first| !same(first, again)) {
                let hint =
                    "a further row of a client is for another contact; leave the rest empty or as it was";
                problems.push(self.problem(key, "is not what the client's first row says", hint));
            }
        }
        let Value::Table(entries) = &mut client.value else { return };
        let contacts = entries.iter_mut().find(|(key, _)| key == "contacts").map(|(_, node)| &mut node.value);
        match (contacts, self.contact(problems)) {
            (Some(Value::List(contacts)), Some(contact)) => contacts.push(contact),
            (_, None) => {
                problems.push(self.problem("contact", "is empty", "a further row is for another contact"))
            }
            _ => {}
        }
    }
}

/// The same value, wherever it was written.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Table(a), Value::Table(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        (a, b) => a == b,
    }
}
