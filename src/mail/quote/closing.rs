//! What an agent's mail says once his own name is taken off: our letters are signed already.

use super::markers;
use super::split;

/// The new text of an agent's mail without his own closing. `names` are the ways he is called: full name,
/// and whatever else he signs with.
pub fn agent_text(text: &str, ours: Option<&[&str]>, names: &[&str]) -> String {
    without_own_name(&split(text, ours).new, names)
}

/// `text` without the lines at its end that hold nothing but the writer's own name, and without the polite
/// closing above them. Nothing is left of a text that is nothing but a name.
pub fn without_own_name(text: &str, names: &[&str]) -> String {
    let own: Vec<String> = names.iter().flat_map(|n| n.split_whitespace()).map(bare).collect();
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let mut end = lines.len();
    let mut named = false;
    while end > 0 {
        let line = lines[end - 1].trim();
        let is_name = is_own_name(line, &own);
        let is_signed_closing = closing_and_name(line, &own);
        let is_closing = named && markers::is_closing(&line.to_lowercase());
        if !(line.is_empty() || is_name || is_signed_closing || is_closing) {
            break;
        }
        named |= is_name || is_signed_closing;
        end -= 1;
    }
    if named { lines[..end].join("\n").trim_end().to_owned() } else { text.trim_end().to_owned() }
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// Only words of the writer's name, or their initials.
fn is_own_name(line: &str, own: &[String]) -> bool {
    let words: Vec<String> = line.split_whitespace().map(bare).filter(|w| !w.is_empty()).collect();
    let is_initial = |w: &String| w.chars().count() == 1 && own.iter().any(|n| n.starts_with(w.as_str()));
    !words.is_empty()
        && words.iter().any(|w| own.contains(w))
        && words.iter().all(|w| own.contains(w) || is_initial(w))
}

/// `Pagarbiai, Vytenis` on one line.
fn closing_and_name(line: &str, own: &[String]) -> bool {
    let Some((closing, name)) = line.split_once(',') else { return false };
    markers::is_closing(&closing.to_lowercase()) && is_own_name(name, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_own_name_is_no_text() {
        for (text, expected) in [
            ("Sutvarkyta.\n\nPagarbiai,\nVytenis Balčius", "Sutvarkyta."),
            ("Sutvarkyta.\nVytenis", "Sutvarkyta."),
            ("Sutvarkyta.\n\nPagarbiai, Vytenis", "Sutvarkyta."),
            ("Vytenis", ""),
            ("V. Balčius", ""),
            ("Vytenis atvyks rytoj.", "Vytenis atvyks rytoj."),
            ("Ačiū", "Ačiū"),
            ("Paskambinkite.\n\nOna", "Paskambinkite.\n\nOna"),
        ] {
            assert_eq!(without_own_name(text, &["Vytenis Balčius"]), expected, "{text}");
        }
    }
}
