//! The reference file: every key with its default and a sentence. A test holds it to the code.

/// The text of `config/maildesk.toml`.
pub const REFERENCE: &str = include_str!("../../config/maildesk.toml");
/// The text of `config/small.toml`: a desk in twenty lines.
pub const SMALL: &str = include_str!("../../config/small.toml");

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::REFERENCE;
    use crate::config::load::settings;
    use crate::config::passwords::Passwords;
    use crate::config::reader::Report;
    use crate::config::toml_file::parse;

    /// Keys of tables in `text`, commented or not: `key = …` in a line, and `[….key.…]`.
    fn shows(text: &str, key: &str) -> bool {
        text.lines().map(|line| line.trim_start_matches("# ")).any(|line| {
            let header =
                line.starts_with('[') && line.trim_matches(['[', ']']).split('.').any(|part| part == key);
            header || line.split_once('=').is_some_and(|(front, _)| front.trim() == key)
        })
    }

    #[test]
    fn the_reference_shows_every_key_that_the_program_reads() {
        let report = Report::default();
        let env = BTreeMap::from([("MAILBOX_PASSWORD".to_owned(), "x".to_owned())]);
        for text in [
            REFERENCE,
            include_str!("../../fixtures/configs/good/two-desks.toml"),
            include_str!("../../fixtures/configs/good/by-contract.toml"),
            include_str!("../../fixtures/configs/good/everything.toml"),
            include_str!("../../fixtures/configs/good/handed-over.toml"),
            include_str!("../../fixtures/configs/good/m365.toml"),
        ] {
            let (tree, faults) = parse("maildesk.toml", text);
            assert_eq!(faults, []);
            settings(tree, &report, &Passwords::new(&env, &[]), &[]);
        }
        let asked = report.asked.take();
        assert!(asked.len() > 120, "only {} keys", asked.len());
        let hidden: Vec<String> = asked
            .into_iter()
            .filter(|key| !shows(REFERENCE, key.rsplit('.').next().unwrap_or(key)))
            .filter(|key| !["desks", "mailboxes"].contains(&key.as_str()))
            .collect();
        assert_eq!(hidden, Vec::<String>::new());
    }

    #[test]
    fn a_key_that_is_not_there_is_not_shown() {
        assert!(shows("[a.limits]\n# port = 3\n", "limits"));
        assert!(shows("[a.limits]\n# port = 3\n", "port"));
        assert!(!shows("[a.limits]\n# the port\n", "porter"));
    }
}
