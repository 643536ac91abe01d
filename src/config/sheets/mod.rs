//! Clients and agents from tables: `clients_file` and `agents_file` of a desk name CSV files whose rows are joined to
//! what the configuration itself says, and are checked like it, with their own lines.

mod merge;
mod rows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::{Node, Value};
use super::problem::{Place, Problem};

pub use merge::{Changes, merged};

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Clients,
    Agents,
}

impl Sheet {
    pub const ALL: [Sheet; 2] = [Sheet::Clients, Sheet::Agents];

    /// The key of a desk that names the file.
    pub fn key(self) -> &'static str {
        match self {
            Sheet::Clients => "clients_file",
            Sheet::Agents => "agents_file",
        }
    }

    /// Every column; the first tells one from another.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Sheet::Clients => &[
                "code",
                "name",
                "domains",
                "devices",
                "consultant",
                "contract",
                "contract_email",
                "hours",
                "period",
                "price_beyond",
                "price",
                "billing",
                "contact",
                "email",
                "phone",
                "position",
                "language",
                "statement",
                "responsible",
            ],
            Sheet::Agents => &["id", "name", "email", "phone", "team", "role", "signature"],
        }
    }

    fn joins(self) -> &'static str {
        match self {
            Sheet::Clients => "clients",
            Sheet::Agents => "agents",
        }
    }
}

/// Texts that stand for files as they would be.
pub type Trial = BTreeMap<PathBuf, String>;

/// Joins the tables of all desks to the tree. Names of files are taken from `base`.
pub fn join(tree: &mut Node, base: &Path, trial: &Trial) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, desk) in desks(tree) {
        for (sheet, path, place) in of_desk(desk, base) {
            join_one(desk, sheet, &path, &place, trial, &mut problems);
        }
    }
    problems
}

/// The tables that the desks of a tree name, whether they are there or not: desk, what of, and where.
pub fn named(tree: &mut Node, base: &Path) -> Vec<(String, Sheet, PathBuf)> {
    let mut found = Vec::new();
    for (name, desk) in desks(tree) {
        let sheets = of_desk(desk, base).into_iter();
        found.extend(sheets.map(|(sheet, path, _)| (name.clone(), sheet, path)));
    }
    found
}

fn of_desk(desk: &Node, base: &Path) -> Vec<(Sheet, PathBuf, Place)> {
    let named = |sheet: Sheet| {
        let node = desk.get(sheet.key())?;
        Some((sheet, base.join(node.as_text()?), node.place.clone()))
    };
    Sheet::ALL.into_iter().filter_map(named).collect()
}

fn desks(tree: &mut Node) -> Vec<(String, &mut Node)> {
    let Value::Table(entries) = &mut tree.value else { return Vec::new() };
    let mut found = Vec::new();
    for (key, node) in entries {
        if key == "desk" {
            let id = node.get("id").and_then(Node::as_text).unwrap_or("desk").to_owned();
            found.push((id, node));
        } else if key == "desks"
            && let Value::Table(several) = &mut node.value
        {
            found.extend(several.iter_mut().map(|(name, desk)| (name.clone(), desk)));
        }
    }
    found
}

fn join_one(
    desk: &mut Node,
    sheet: Sheet,
    path: &Path,
    place: &Place,
    trial: &Trial,
    problems: &mut Vec<Problem>,
) {
    let read = match trial.get(path) {
        Some(text) => Ok(text.clone()),
        None => std::fs::read_to_string(path),
    };
    let problem = |what: String| Problem {
        place: place.clone(),
        key: sheet.key().to_owned(),
        what,
        hint: Some("`maildesk client import` and `maildesk agent import` make such files".to_owned()),
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => return problems.push(problem(format!("{}: {error}", path.display()))),
    };
    let file =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let found = rows::read(sheet, &file, &text, problems);
    let Value::Table(entries) = &mut desk.value else { return };
    let there = entries.iter_mut().find(|(key, _)| key == sheet.joins());
    let node = match there {
        Some((_, node)) => node,
        None => {
            let value = match sheet {
                Sheet::Clients => Value::List(Vec::new()),
                Sheet::Agents => Value::Table(Vec::new()),
            };
            entries.push((sheet.joins().to_owned(), Node { value, place: place.clone() }));
            match entries.last_mut() {
                Some((_, node)) => node,
                None => return,
            }
        }
    };
    match &mut node.value {
        Value::List(all) if sheet == Sheet::Clients => all.extend(found.into_iter().map(|(_, node)| node)),
        Value::Table(all) if sheet == Sheet::Agents => {
            for (id, node) in found {
                if all.iter().any(|(other, _)| *other == id) {
                    let what = format!("agent \"{id}\" stands there and in the configuration");
                    problems.push(Problem { place: node.place, ..problem(what) });
                } else {
                    all.push((id, node));
                }
            }
        }
        _ => problems
            .push(problem(format!("{} stands beside it in a form that cannot be joined", sheet.joins()))),
    }
}
