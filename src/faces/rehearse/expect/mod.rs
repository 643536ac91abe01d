//! What a step caused against what it was to cause.

mod letters;
mod result;
mod tickets;

pub use letters::{Matched, letters};
pub use result::result;
pub use tickets::{Row, absent, journal, number, ticket};

/// Any white space, Unicode's too, counts as one blank.
fn one_blank(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `*` in a name matches anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// Is each name matched by a pattern of its own, and none left over?
fn all_fit(patterns: &[String], names: &[&str]) -> bool {
    let mut left: Vec<&str> = names.to_vec();
    let each = patterns.iter().all(|pattern| {
        let at = left.iter().position(|name| fits(pattern, name));
        at.map(|at| left.remove(at)).is_some()
    });
    each && left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fit) in [
            ("*.csv", "statement-2026-02.csv", true),
            ("*.csv", "statement.txt", false),
            ("a.pdf", "a.pdf", true),
            ("a.pdf", "aa.pdf", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("*", "", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn names_are_a_set_in_any_order() {
        let patterns = ["*.txt".to_owned(), "b.pdf".to_owned()];
        assert!(all_fit(&patterns, &["b.pdf", "a.txt"]));
        assert!(!all_fit(&patterns, &["b.pdf"]));
        assert!(!all_fit(&patterns, &["b.pdf", "a.txt", "c.txt"]));
    }

    #[test]
    fn a_no_break_space_is_a_blank() {
        assert_eq!(one_blank(" 1\u{a0}200\u{202f}Kč\n\n6. 5. "), "1 200 Kč 6. 5.");
    }
}
