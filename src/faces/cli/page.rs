//! What a command answers, and the three forms in which it is shown.

use std::io::{self, IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use crate::faces::exit;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    /// For eyes.
    Table,
    /// For scripts: one record a line, columns parted by tabs, no heading.
    Lines,
}

impl Form {
    /// JSON where it is wanted, else what suits whatever reads us.
    pub fn wanted(json: bool) -> Form {
        match (json, io::stdout().is_terminal()) {
            (true, _) => Form::Json,
            (false, true) => Form::Table,
            (false, false) => Form::Lines,
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    pub code: u8,
    json: serde_json::Value,
    shown: Shown,
    /// What a reader must know beside the rows.
    note: Option<String>,
}

#[derive(Clone, Debug)]
enum Shown {
    Rows {
        heads: Vec<&'static str>,
        rows: Vec<Vec<String>>,
        none: &'static str,
    },
    Text(String),
    /// As it is, in whatever form: a mail.
    Bytes(Vec<u8>),
}

impl Page {
    /// A list. `none` is said on a terminal where it is empty.
    pub fn rows<T: Serialize>(
        items: &[T],
        none: &'static str,
        heads: &[&'static str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Page {
        let rows = items.iter().map(row).collect();
        Page { shown: Shown::Rows { heads: heads.to_vec(), rows, none }, json: json(&items), ..Page::empty() }
    }

    /// A text, and the same as a document.
    pub fn text<T: Serialize>(document: &T, text: impl Into<String>) -> Page {
        Page { json: json(document), shown: Shown::Text(text.into()), ..Page::empty() }
    }

    /// Bytes that are written as they are.
    pub fn bytes(bytes: Vec<u8>) -> Page {
        Page { shown: Shown::Bytes(bytes), ..Page::empty() }
    }

    /// Nothing to say.
    pub fn empty() -> Page {
        Page { code: exit::OK, json: serde_json::Value::Null, shown: Shown::Bytes(Vec::new()), note: None }
    }

    /// The same page with another exit code.
    pub fn with_code(mut self, code: u8) -> Page {
        self.code = code;
        self
    }

    /// The same page with another document, for programs.
    pub fn with_document<T: Serialize>(mut self, document: &T) -> Page {
        self.json = json(document);
        self
    }

    /// The same page with a line below the rows: for eyes there, for scripts on standard error. Programs find in the
    /// document what it says.
    pub fn with_note(mut self, note: Option<String>) -> Page {
        self.note = note;
        self
    }

    /// Writes it to standard output.
    pub fn print(&self, form: Form) {
        print_to(&mut io::stdout().lock(), &self.written(form));
        match (&self.note, form) {
            (Some(note), Form::Table) => print_to(&mut io::stdout().lock(), format!("\n{note}\n").as_bytes()),
            (Some(note), Form::Lines) => print_error(&format!("maildesk: {note}\n")),
            (_, Form::Json) | (None, _) => {}
        }
    }

    fn written(&self, form: Form) -> Vec<u8> {
        match (&self.shown, form) {
            (Shown::Bytes(bytes), _) => bytes.clone(),
            (_, Form::Json) => format!("{:#}\n", self.json).into_bytes(),
            (Shown::Text(text), _) => text.clone().into_bytes(),
            (Shown::Rows { rows, none, .. }, Form::Table) if rows.is_empty() => {
                format!("{none}\n").into_bytes()
            }
            (Shown::Rows { heads, rows, .. }, Form::Table) => table(heads, rows).into_bytes(),
            (Shown::Rows { rows, .. }, Form::Lines) => {
                let lines = rows
                    .iter()
                    .map(|row| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>().join("\t") + "\n");
                lines.collect::<String>().into_bytes()
            }
        }
    }
}

fn json<T: Serialize>(document: &T) -> serde_json::Value {
    serde_json::to_value(document).expect("what a command answers has text keys only")
}

fn table(heads: &[&'static str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(heads);
    for row in rows {
        table.add_row(row.iter().map(|cell| one_line(cell)));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Foreign text must move neither columns nor the terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Foreign text of several lines, without what a terminal would obey.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
}

/// Writes to standard error.
pub fn print_error(text: &str) {
    print_to(&mut io::stderr().lock(), text.as_bytes());
}

/// A reader that has seen enough (`| head`) is no fault of ours, and nobody is left to be told of another.
fn print_to(out: &mut dyn Write, bytes: &[u8]) {
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let items = [("KL-1", "two\nlines\t\u{1b}[31m"), ("KL-22", "")];
        Page::rows(&items, "nothing", &["number", "subject"], |(n, s)| vec![(*n).into(), (*s).into()])
    }

    #[test]
    fn a_list_is_a_table_for_eyes_and_lines_for_scripts() {
        let shown = |form| String::from_utf8(page().written(form)).unwrap();
        assert_eq!(shown(Form::Lines), "KL-1\ttwo lines  [31m\nKL-22\t\n");
        assert_eq!(shown(Form::Table), " number  subject\n KL-1    two lines  [31m\n KL-22\n");
        let parsed: serde_json::Value = serde_json::from_str(&shown(Form::Json)).unwrap();
        assert_eq!(parsed[0][1], "two\nlines\t\u{1b}[31m");
    }

    #[test]
    fn an_empty_list_says_so_to_eyes_only() {
        let none: [&str; 0] = [];
        let page = Page::rows(&none, "no tickets", &["number"], |n| vec![(*n).to_owned()]);
        assert_eq!(page.written(Form::Table), b"no tickets\n");
        assert_eq!(page.written(Form::Lines), b"");
        assert_eq!(page.written(Form::Json), b"[]\n");
    }
}
