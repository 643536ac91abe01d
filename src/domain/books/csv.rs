//! Tables as comma-separated values (RFC 4180).

/// What stands between the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Comma,
    /// What spreadsheets want where the comma is the decimal mark.
    Semicolon,
}

impl Separator {
    fn as_char(self) -> char {
        match self {
            Separator::Comma => ',',
            Separator::Semicolon => ';',
        }
    }
}

/// Lines of cells as text, each line ended by CRLF. A cell that a spreadsheet would take for a formula gets an
/// apostrophe in front: subjects are written by strangers.
pub fn write<S: AsRef<str>>(lines: &[Vec<S>], separator: Separator) -> String {
    written(lines, separator, |cell| if is_formula(cell) { "'" } else { "" })
}

/// As [`write`], every cell as it is: for tables of the operator's own that are read again.
pub fn write_exactly<S: AsRef<str>>(lines: &[Vec<S>], separator: Separator) -> String {
    written(lines, separator, |_| "")
}

fn written<S: AsRef<str>>(lines: &[Vec<S>], separator: Separator, guard: fn(&str) -> &'static str) -> String {
    let mut text = String::new();
    for line in lines {
        for (i, cell) in line.iter().enumerate() {
            if i > 0 {
                text.push(separator.as_char());
            }
            write_cell(&mut text, cell.as_ref(), separator, guard(cell.as_ref()));
        }
        text.push_str("\r\n");
    }
    text
}

fn write_cell(text: &mut String, cell: &str, separator: Separator, guard: &str) {
    let quoted = cell.contains(['"', '\r', '\n']) || cell.contains(separator.as_char());
    if quoted || cell != cell.trim() {
        text.push('"');
        text.push_str(guard);
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(guard);
        text.push_str(cell);
    }
}

/// Durations and telephone numbers may begin with a sign; formulas begin so, too.
fn is_formula(cell: &str) -> bool {
    match cell.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !cell[1..].chars().all(|c| c.is_ascii_digit() || " :.,-()\u{a0}".contains(c)),
        _ => false,
    }
}

/// A line that was read: its number in the text, from 1, and its cells.
pub type Line = (usize, Vec<String>);

/// Reads lines of cells, each with the number of its first line in the text. The separator is what the first line has
/// more of: semicolon, comma or tab. A byte order mark and empty lines are skipped.
///
/// # Errors
/// A quotation mark that is not closed, or stands within an unquoted cell; with its line.
pub fn read(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |c: char| first.matches(c).count();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| (count(*c), *c == ',')).unwrap_or(',');
    let mut lines = Vec::new();
    let (mut cells, mut cell, mut begun) = (Vec::new(), Cell::default(), 1);
    let mut number = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if cell.open => match chars.next_if_eq(&'"') {
                Some(_) => cell.text.push('"'),
                None => (cell.open, cell.closed) = (false, true),
            },
            '"' if cell.text.trim().is_empty() && !cell.closed => {
                (cell.text, cell.open) = (String::new(), true)
            }
            '"' => return Err((number, "a quotation mark stands within a cell".to_owned())),
            '\n' if !cell.open => {
                cells.push(cell.take());
                push(&mut lines, begun, &mut cells);
                begun = number + 1;
            }
            c if c == separator && !cell.open => cells.push(cell.take()),
            c => cell.text.push(c),
        }
        number += usize::from(c == '\n');
    }
    if cell.open {
        return Err((begun, "a quotation mark is not closed".to_owned()));
    }
    cells.push(cell.take());
    push(&mut lines, begun, &mut cells);
    Ok(lines)
}

#[derive(Default)]
struct Cell {
    text: String,
    /// Between quotation marks.
    open: bool,
    /// Behind them.
    closed: bool,
}

impl Cell {
    fn take(&mut self) -> String {
        let cell = std::mem::take(self);
        if cell.closed { cell.text.trim_end_matches('\r').to_owned() } else { cell.text.trim().to_owned() }
    }
}

fn push(lines: &mut Vec<Line>, number: usize, cells: &mut Vec<String>) {
    let cells = std::mem::take(cells);
    if cells.iter().any(|cell| !cell.is_empty()) {
        lines.push((number, cells));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (cell, written) in [
            ("Spausdintuvas", "Spausdintuvas"),
            ("UAB \"Pieva\"", "\"UAB \"\"Pieva\"\"\""),
            ("a,b", "\"a,b\""),
            ("a;b", "a;b"),
            ("two\nlines", "\"two\nlines\""),
            (" blank", "\" blank\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("+370 600 11101", "+370 600 11101"),
            ("-0:45", "-0:45"),
            ("-2+3+cmd", "'-2+3+cmd"),
        ] {
            assert_eq!(write(&[vec![cell]], Separator::Comma), format!("{written}\r\n"), "{cell}");
        }
        assert_eq!(write(&[vec!["a;b", "c,d"]], Separator::Semicolon), "\"a;b\";c,d\r\n");
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        for (text, expected) in [
            ("a,b\r\nc,d\r\n", vec![(1, vec!["a", "b"]), (2, vec!["c", "d"])]),
            ("\u{feff}a;b\nc;\"x;y\"", vec![(1, vec!["a", "b"]), (2, vec!["c", "x;y"])]),
            ("a\tb\n\n c \t d", vec![(1, vec!["a", "b"]), (3, vec!["c", "d"])]),
            (
                "a,\"two\nlines\"\nb,\"say \"\"hi\"\"\"\n",
                vec![(1, vec!["a", "two\nlines"]), (3, vec!["b", "say \"hi\""])],
            ),
            ("", vec![]),
            (",,\n", vec![]),
            ("name\nOna\n", vec![(1, vec!["name"]), (2, vec!["Ona"])]),
        ] {
            let expected: Vec<(usize, Vec<String>)> = expected
                .into_iter()
                .map(|(n, line)| (n, line.into_iter().map(str::to_owned).collect()))
                .collect();
            assert_eq!(read(text), Ok(expected), "{text:?}");
        }
        for (text, line) in [("a,b\nc,\"d\n", 2), ("a,b\nc,d\"e\"\n", 2), ("\"a\"b\"", 1)] {
            assert_eq!(read(text).map_err(|(line, _)| line), Err(line), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            lines in prop::collection::vec(prop::collection::vec("[a-z0-9 ,;\"\n]{0,8}", 2..4), 1..5),
        ) {
            let mut table = vec![vec!["first".to_owned(), "second".to_owned()]];
            table.extend(lines);
            let read = read(&write(&table, Separator::Comma)).expect("sound");
            let kept: Vec<Vec<String>> =
                table.iter().filter(|line| line.iter().any(|c| !c.is_empty())).cloned().collect();
            prop_assert_eq!(read.into_iter().map(|(_, line)| line).collect::<Vec<_>>(), kept);
        }
    }
}
