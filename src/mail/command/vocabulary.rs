//! The words behind `#`: the English ones, and what each language and the operator call them.

use crate::domain::fold::fold;

/// Every command with the form in which it is shown to agents.
pub const COMMANDS: [(&str, &str); 33] = [
    ("resolve", "#resolve"),
    ("close", "#close"),
    ("wait", "#wait [2026-03-31]"),
    ("note", "#note [text]"),
    ("time", "#time 0:45 [phone|remote|visit] [work]"),
    ("call", "#call 0:10 text"),
    ("assign", "#assign name|me|none"),
    ("group", "#group name name"),
    ("urgent", "#urgent"),
    ("severity", "#severity high"),
    ("type", "#type name"),
    ("subject", "#subject text"),
    ("field", "#field name value"),
    ("deadline", "#deadline 2026-03-31 [12:00] [reason]"),
    ("offer", "#offer price | 2026-03-31 | work"),
    ("agreed", "#agreed [price | 2026-03-31 | work]"),
    ("merge", "#merge 3107"),
    ("split", "#split"),
    ("link", "#link 3107"),
    ("client", "#client code"),
    ("requester", "#requester address"),
    ("cc", "#cc address"),
    ("escalate", "#escalate reason"),
    ("text", "#text name"),
    ("do", "#do name"),
    ("next", "#next"),
    ("undo", "#undo"),
    ("files", "#files"),
    ("history", "#history"),
    ("spam", "#spam"),
    ("show", "#show"),
    ("help", "#help"),
    ("new", "#new"),
];

/// Longest word that can be a slip of the pen, in bytes: comparing takes memory for each letter.
const WORD_BYTES_MAX: usize = 80;

/// What a `#word` may be called beside its English name.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Folded, with the English name.
    aliases: Vec<(String, &'static str)>,
}

impl Vocabulary {
    /// Takes pairs of an alias and the English name that it stands for. A pair whose second word is no command
    /// counts for nothing, and an English name means what it always means.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vocabulary {
        let mut aliases: Vec<(String, &'static str)> = Vec::new();
        for (alias, command) in pairs {
            let alias = fold(alias.trim().trim_start_matches('#'));
            let Some((name, _)) = COMMANDS.iter().find(|(name, _)| *name == command) else { continue };
            if !alias.is_empty() && !aliases.iter().any(|(known, _)| *known == alias) {
                aliases.push((alias, name));
            }
        }
        Vocabulary { aliases }
    }

    /// The command that is meant by a word, whatever its case and diacritics.
    pub fn command(&self, word: &str) -> Option<&'static str> {
        let word = fold(word);
        let english = COMMANDS.iter().map(|(name, _)| *name).find(|name| *name == word);
        english.or_else(|| self.aliases.iter().find(|(alias, _)| *alias == word).map(|(_, name)| *name))
    }

    /// What may have been meant by a word that is none; by a very long one nothing was.
    pub fn nearest(&self, word: &str) -> Option<String> {
        if word.len() > WORD_BYTES_MAX {
            return None;
        }
        let word = fold(word);
        let distance = |known: &str| strsim::damerau_levenshtein(known, &word);
        let english = COMMANDS.iter().map(|(name, shown)| (distance(name), (*shown).to_owned()));
        let aliases = self.aliases.iter().map(|(alias, name)| {
            let shown = form(name).replacen(name, alias, 1);
            (distance(alias), shown)
        });
        let near = english.chain(aliases).filter(|(distance, _)| *distance <= 2);
        near.min_by_key(|(distance, _)| *distance).map(|(_, shown)| shown)
    }
}

/// The form of a command as agents are shown it.
pub fn form(name: &str) -> &'static str {
    COMMANDS.iter().find(|(known, _)| *known == name).map_or("", |(_, form)| form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_language_is_the_command_and_the_english_one_stays() {
        let words =
            Vocabulary::new([("#išspręsta", "resolve"), ("laikas", "time"), ("time", "note"), ("x", "y")]);
        assert_eq!(words.command("Išspręsta"), Some("resolve"));
        assert_eq!(words.command("issprESTa"), Some("resolve"), "typed without diacritics");
        assert_eq!(words.command("resolve"), Some("resolve"));
        assert_eq!(words.command("time"), Some("time"), "an alias takes no English word away");
        assert_eq!(words.command("x"), None);
        assert_eq!(words.nearest("laiks").as_deref(), Some("#laikas 0:45 [phone|remote|visit] [work]"));
        assert_eq!(words.nearest("splt").as_deref(), Some("#split"));
        assert_eq!(words.nearest("channel"), None);
    }
}
