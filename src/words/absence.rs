//! Subjects of notices of absence that bear no header to tell them by.

use super::catalogue::Catalogue;
use super::pack::Absence;
use crate::domain::fold::fold;

/// Beginnings of subjects in every language known, not only the desk's: a colleague abroad is absent, too.
#[derive(Debug)]
pub(super) struct AbsenceSubjects {
    prefixes: Vec<Prefix>,
}

#[derive(Debug)]
struct Prefix {
    listed: String,
    folded: String,
    /// Words after which a notice goes on: "until", "from".
    goes_on: Vec<String>,
}

impl AbsenceSubjects {
    pub fn new(catalogue: &Catalogue) -> AbsenceSubjects {
        let own = catalogue.packs.values().map(|pack| &pack.absence);
        let prefixes = own.chain(catalogue.foreign_absence.values()).flat_map(Prefix::of).collect();
        AbsenceSubjects { prefixes }
    }

    /// The prefix as its list has it.
    pub fn find(&self, subject: &str) -> Option<&str> {
        let subject = fold(subject.trim_start());
        self.prefixes.iter().find(|prefix| prefix.begins(&subject)).map(|prefix| prefix.listed.as_str())
    }
}

impl Prefix {
    fn of(absence: &Absence) -> Vec<Prefix> {
        let goes_on: Vec<String> = absence.goes_on.iter().map(|word| fold(word)).collect();
        let prefixes = absence.prefix.iter().filter(|prefix| !prefix.trim().is_empty());
        prefixes
            .map(|prefix| Prefix {
                listed: prefix.clone(),
                folded: fold(prefix.trim()),
                goes_on: goes_on.clone(),
            })
            .collect()
    }

    /// "Atostogauju iki 21 d." is a notice, "Automatinis atsakymas neveikia" a request: what follows the prefix
    /// must be the end, a mark, a number, or a word with which a notice goes on.
    fn begins(&self, subject: &str) -> bool {
        let Some(rest) = subject.strip_prefix(&self.folded) else { return false };
        if self.folded.ends_with(':') {
            return true;
        }
        let Some(next) = rest.chars().next() else { return true };
        if next.is_alphanumeric() {
            return false;
        }
        let rest = rest.trim_start();
        match rest.chars().next() {
            Some(first) if first.is_alphabetic() => {
                let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                self.goes_on.iter().any(|known| known == word)
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::words::{Catalogue, WordLists};

    #[test]
    fn notices_of_absence_are_told_by_the_beginning_of_the_subject() {
        let detector = Catalogue::embedded().detector(&[], &WordLists::new());
        for (subject, prefix) in [
            ("Automatic reply: your request", Some("Automatic reply")),
            ("AUTO-REPLY", Some("Auto-reply")),
            ("Auto: [KL-3107] Sąskaita", Some("Auto:")),
            ("Out of office until Monday", Some("Out of office")),
            ("Out of the Office", Some("Out of the office")),
            ("Automatinis atsakymas: [KL-3107] Sąskaita", Some("Automatinis atsakymas")),
            ("Atostogauju iki liepos 21 d.", Some("Atostogauju")),
            ("Nesu biure", Some("Nesu biure")),
            ("Automātiska atbilde: Servisa saziņas kanāli no 1. oktobra", Some("Automātiskā atbilde")),
            ("Ārpus biroja līdz 5. maijam", Some("Ārpus biroja")),
            ("Автоматический ответ: Заявка", Some("Автоматический ответ")),
            ("В отпуске до 5 мая", Some("В отпуске")),
            ("Automatická odpověď: Výpis", Some("Automatická odpověď")),
            ("Dovolena 1. 5. - 8. 5.", Some("Dovolená")),
            ("Automatische Antwort: Anfrage", Some("Automatische Antwort")),
            ("Außer Haus", Some("Außer Haus")),
            ("Odpowiedź automatyczna: test", Some("Odpowiedź automatyczna")),
            ("Automaatvastus: test", Some("Automaatvastus")),
            ("Automaattinen vastaus: test", Some("Automaattinen vastaus")),
            ("Autosvar: test", Some("Autosvar")),
            ("Automatisk svar: test", Some("Automatisk svar")),
            ("Автоматична відповідь: тест", Some("Автоматична відповідь")),
            ("Automatická odpoveď: test", Some("Automatická odpověď")),
            ("Automatinis atsakymas neveikia", None),
            ("Automatic reply does not work", None),
            ("Re: Automatic reply: your request", None),
            ("Kaip įjungti: Automatinis atsakymas", None),
            ("Atostogos neapskaičiuojamos", None),
            ("Dovolená se nepočítá", None),
            ("Автоответчик", None),
            ("Automobile", None),
            ("", None),
        ] {
            let found = detector.absence_subject(subject);
            assert_eq!(found.is_some(), prefix.is_some(), "{subject}");
            if let (Some(found), Some(prefix)) = (found, prefix) {
                assert_eq!(crate::domain::fold::fold(&found), crate::domain::fold::fold(prefix), "{subject}");
            }
        }
    }
}
