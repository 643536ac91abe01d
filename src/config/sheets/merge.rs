//! A table with the rows of another one.

use std::collections::BTreeMap;

use super::Sheet;
use crate::domain::books::csv::{self, Separator};

/// Who came and who was replaced, by what tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub added: Vec<String>,
    pub replaced: Vec<String>,
}

type Cells = BTreeMap<String, String>;

/// The table `old` in which all rows of those whom `new` names are those of `new`. Others stay where they are, whoever
/// is new comes last, and every column has its place.
///
/// # Errors
/// A line that cannot be read, or a column that does not exist; in words.
pub fn merged(sheet: Sheet, old: &str, new: &str) -> Result<(String, Changes), String> {
    let mut all = groups(sheet, old)?;
    let mut changes = Changes::default();
    for (id, rows) in groups(sheet, new)? {
        match all.iter_mut().find(|(other, _)| *other == id) {
            Some((_, there)) if *there == rows => {}
            Some((_, there)) => {
                *there = rows;
                changes.replaced.push(id);
            }
            None => {
                all.push((id.clone(), rows));
                changes.added.push(id);
            }
        }
    }
    let cell = |row: &Cells, column: &str| row.get(column).cloned().unwrap_or_default();
    let line = |row: &Cells| sheet.columns().iter().map(|column| cell(row, column)).collect::<Vec<_>>();
    let mut lines: Vec<Vec<String>> = vec![sheet.columns().iter().map(|c| (*c).to_owned()).collect()];
    lines.extend(all.iter().flat_map(|(_, rows)| rows.iter().map(line)));
    Ok((csv::write_exactly(&lines, Separator::Comma), changes))
}

/// Rows by what tells them apart, in the order of the file.
fn groups(sheet: Sheet, text: &str) -> Result<Vec<(String, Vec<Cells>)>, String> {
    let lines = csv::read(text).map_err(|(line, what)| format!("line {line}: {what}"))?;
    let Some(((_, head), rest)) = lines.split_first() else { return Ok(Vec::new()) };
    let head: Vec<String> = head.iter().map(|name| name.trim().to_lowercase()).collect();
    let known = |name: &&String| name.is_empty() || sheet.columns().contains(&name.as_str());
    if let Some(odd) = head.iter().find(|name| !known(name)) {
        return Err(format!("line 1: \"{odd}\" is no column; there are {}", sheet.columns().join(", ")));
    }
    let key = sheet.columns()[0];
    let mut all: Vec<(String, Vec<Cells>)> = Vec::new();
    for (line, cells) in rest {
        let named = head.iter().cloned().zip(cells.iter().cloned());
        let row: Cells = named.filter(|(name, cell)| !name.is_empty() && !cell.is_empty()).collect();
        let id = row.get(key).cloned().ok_or_else(|| format!("line {line}: has no {key}"))?;
        match all.iter_mut().find(|(other, _)| *other == id) {
            Some((_, rows)) => rows.push(row),
            None => all.push((id, vec![row])),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_added_and_replaced_client_by_client() {
        let old = "code,name,contact,email\r\n1,Upė,Ona,ona@upe.example\r\n1,,Jānis,janis@upe.example\r\n2,Krantas\r\n";
        let new = "Email;Contact;Code;Name\n;;3;Nauja\nolga@upe.example;Olga;1;Upė\n;;2;Krantas\n";
        let (text, changes) = merged(Sheet::Clients, old, new).expect("sound");
        let expected = Changes { added: vec!["3".into()], replaced: vec!["1".into()] };
        assert_eq!(changes, expected);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("code,name,domains,"), "{text}");
        assert_eq!(lines[1], "1,Upė,,,,,,,,,,,Olga,olga@upe.example,,,,,");
        assert_eq!(lines[2..].iter().map(|line| &line[..2]).collect::<Vec<_>>(), ["2,", "3,"]);
        assert_eq!(
            merged(Sheet::Clients, &text, new).expect("sound").1,
            Changes::default(),
            "again: nothing"
        );
        assert_eq!(merged(Sheet::Clients, "", "").expect("sound").0.lines().count(), 1);
        for (wrong, said) in
            [("code,nam\n1,x\n", "\"nam\" is no column"), ("code,name\n,x\n", "line 2: has no code")]
        {
            let error = merged(Sheet::Clients, old, wrong).expect_err("refused");
            assert!(error.contains(said), "{error}");
        }
    }
}
