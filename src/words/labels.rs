//! Names of states, channels, severities and fields, and short phrases, in the reader's language.

use std::collections::BTreeMap;

use super::catalogue::Catalogue;
use super::pack::{Pack, Recognise};
use crate::domain::fold::fold;
use crate::domain::language::Lang;

impl Catalogue {
    /// A ticket's state. `waiting` and `waiting_client` are the same.
    pub fn state_label(&self, lang: Lang, state: &str) -> String {
        let key = if state == "waiting" { "waiting_client" } else { state };
        self.label(lang, key, |pack, key| pack.labels.state.get(key))
    }

    /// A channel as an adverbial phrase. One without a label has that of the part before `_`:
    /// `phone_tech` is `phone`.
    pub fn channel_label(&self, lang: Lang, channel: &str) -> String {
        let general = channel.split('_').next().unwrap_or(channel);
        self.label(lang, channel, |pack, key| {
            pack.labels.channel.get(key).or_else(|| pack.labels.channel.get(general))
        })
    }

    /// A severity.
    pub fn severity_label(&self, lang: Lang, severity: &str) -> String {
        self.label(lang, severity, |pack, key| pack.labels.severity.get(key))
    }

    /// A piece of required information, as one asks for it.
    pub fn field_label(&self, lang: Lang, field: &str) -> String {
        self.label(lang, field, |pack, key| pack.labels.field.get(key))
    }

    /// The labels of all fields in exactly this language.
    pub fn field_labels(&self, lang: Lang) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.packs.get(&lang).into_iter().flat_map(|pack| &pack.labels.field);
        labels.map(|(field, label)| (field.as_str(), label.as_str()))
    }

    /// By what things in texts of exactly this language are recognised.
    pub fn recognise(&self, lang: Lang) -> Option<&Recognise> {
        self.packs.get(&lang).map(|pack| &pack.recognise)
    }

    /// A phrase of `phrases` with `{name}` replaced by values, each once and never again within a value.
    /// A phrase that exists in no language is its own key.
    pub fn phrase(&self, lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
        fill(&self.label(lang, key, |pack, key| pack.phrases.get(key)), values)
    }

    /// What agents may call a command, in any language: pairs of an alias and the English name.
    pub fn command_aliases(&self) -> Vec<(String, String)> {
        let lists = self.packs.values().flat_map(|pack| &pack.commands);
        lists.flat_map(|(name, aliases)| aliases.iter().map(|alias| (alias.clone(), name.clone()))).collect()
    }

    /// How agents may label the lines of a request that they took down, in any language: folded label and key.
    pub fn form_labels(&self) -> BTreeMap<String, String> {
        let lists = self.packs.values().flat_map(|pack| &pack.form);
        lists.flat_map(|(key, labels)| labels.iter().map(|label| (fold(label), key.clone()))).collect()
    }

    /// What a request without a subject is called.
    pub fn no_subject(&self, lang: Lang) -> String {
        self.phrase(lang, "no_subject", &[])
    }

    /// The label in the wanted language or one that helps out, else the key itself.
    pub(super) fn label<'a>(
        &'a self,
        lang: Lang,
        key: &'a str,
        find: impl Fn(&'a Pack, &'a str) -> Option<&'a String>,
    ) -> String {
        self.helping(lang)
            .filter_map(|lang| self.packs.get(&lang))
            .find_map(|pack| find(pack, key))
            .map_or_else(|| key.to_owned(), String::clone)
    }
}

/// Replaces `{name}` in one pass; a name without a value stays as it is.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let name = rest.find('}').map(|close| &rest[1..close]);
        match name.and_then(|name| Some((name, values.iter().find(|(key, _)| *key == name)?.1))) {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_in_the_language_of_the_reader() {
        let words = Catalogue::embedded();
        assert_eq!(words.state_label(Lang::LT, "resolved"), "išspręstas");
        assert_eq!(words.state_label(Lang::CS, "waiting"), "čeká na klienta");
        assert_eq!(words.channel_label(Lang::RU, "phone"), "по телефону");
        assert_eq!(words.channel_label(Lang::LV, "phone_tech"), "pa tālruni");
        assert_eq!(words.channel_label(Lang::LT, "in_person"), "atvykus asmeniškai");
        assert_eq!(words.severity_label(Lang::EN, "critical"), "critical");
        assert_eq!(words.field_label(Lang::RU, "company_number"), "ИНН компании");
        assert_eq!(words.no_subject(Lang::CS), "Požadavek bez předmětu");
    }

    #[test]
    fn what_has_no_label_keeps_its_key_and_another_language_helps_out() {
        let words = Catalogue::embedded().with_default(Lang::LT);
        assert_eq!(words.field_label(Lang::EN, "shoe_size"), "shoe_size");
        assert_eq!(words.state_label("pl".parse().unwrap(), "new"), "naujas");
    }

    #[test]
    fn a_value_in_a_phrase_is_never_a_pattern() {
        let words = Catalogue::embedded();
        assert_eq!(
            words.phrase(Lang::EN, "unknown_severity", &[("value", "{known}"), ("known", "low, high")]),
            "there is no severity \"{known}\"; possible: low, high"
        );
        assert_eq!(fill("{a} {b} {", &[("a", "1")]), "1 {b} {");
    }
}
