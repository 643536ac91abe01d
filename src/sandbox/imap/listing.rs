//! LIST and LSUB.

use imap_codec::imap_types::core::Atom;
use imap_codec::imap_types::flag::FlagNameAttribute;
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::response::Data;

use super::replies::Outcome;
use super::session::{Session, delimiter};
use crate::sandbox::mailbox::{INBOX, SPECIAL_USE};

impl Session {
    /// LIST with special uses (RFC 3501, 6.3.8; RFC 6154).
    pub(super) fn list(&mut self, reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> Outcome {
        let pattern = pattern_of(reference, wildcard);
        if text_of(wildcard).is_empty() {
            // An empty pattern asks for the delimiter and the root only.
            self.row(vec![FlagNameAttribute::Noselect], "", false);
            return Outcome::ok("Listed");
        }
        let names: Vec<String> =
            self.shared.look().account_mut(self.account_name()).folders.keys().cloned().collect();
        for name in names.iter().filter(|name| is_match(&pattern, name)) {
            let inside = format!("{name}/");
            let parent = names.iter().any(|other| other.starts_with(&inside));
            let mut words = vec![if parent { "HasChildren" } else { "HasNoChildren" }];
            words.extend(
                SPECIAL_USE.iter().filter(|(special, _)| special == name).map(|(_, purpose)| *purpose),
            );
            let attributes =
                words.into_iter().filter_map(|word| Atom::try_from(word).ok()).map(Into::into).collect();
            self.row(attributes, name, false);
        }
        Outcome::ok("Listed")
    }

    /// LSUB: the subscribed names (RFC 3501, 6.3.9).
    pub(super) fn lsub(&mut self, reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> Outcome {
        let pattern = pattern_of(reference, wildcard);
        let names: Vec<String> =
            self.shared.look().account_mut(self.account_name()).subscriptions.iter().cloned().collect();
        for name in names.iter().filter(|name| is_match(&pattern, name)) {
            self.row(Vec::new(), name, true);
        }
        Outcome::ok("Listed")
    }

    fn row(&mut self, items: Vec<FlagNameAttribute<'_>>, name: &str, subscribed: bool) {
        let mailbox = Mailbox::try_from(name).expect("names with control characters are never made");
        let delimiter = Some(delimiter());
        self.replies.data(if subscribed {
            Data::Lsub { items, delimiter, mailbox }
        } else {
            Data::List { items, delimiter, mailbox }
        });
    }
}

fn text_of(wildcard: &ListMailbox<'_>) -> String {
    let bytes = match wildcard {
        ListMailbox::Token(token) => token.as_ref(),
        ListMailbox::String(string) => string.as_ref(),
    };
    String::from_utf8_lossy(bytes).into_owned()
}

/// The reference is put before the pattern as it is.
fn pattern_of(reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> String {
    let before = match reference {
        Mailbox::Inbox => INBOX.to_owned(),
        Mailbox::Other(name) => String::from_utf8_lossy(name.as_ref()).into_owned(),
    };
    before + &text_of(wildcard)
}

/// Whether a name fits a pattern: `*` stands for anything, `%` for anything without a delimiter.
/// INBOX alone is compared without regard to case.
fn is_match(pattern: &str, name: &str) -> bool {
    if name == INBOX && fits(pattern.to_ascii_uppercase().as_bytes(), name.as_bytes()) {
        return true;
    }
    fits(pattern.as_bytes(), name.as_bytes())
}

/// `open[n]` says whether the pattern so far can end after n bytes of the name: no backtracking.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let mut open = vec![false; name.len() + 1];
    open[0] = true;
    for &symbol in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            let longer = at > 0;
            next[at] = match symbol {
                b'*' => open[at] || (longer && next[at - 1]),
                b'%' => open[at] || (longer && next[at - 1] && name[at - 1] != b'/'),
                literal => longer && open[at - 1] && name[at - 1] == literal,
            };
        }
        open = next;
    }
    open[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_names_it_should() {
        let table = [
            ("*", "Archive/2026/03", true),
            ("%", "Archive", true),
            ("%", "Archive/2026", false),
            ("%/%", "Archive/2026", true),
            ("Archive/*", "Archive", false),
            ("Archive/%", "Archive/2026/03", false),
            ("inbox", "INBOX", true),
            ("in%", "INBOX", true),
            ("archive", "Archive", false),
            ("*2026*", "Archive/2026/03", true),
            ("****************************x", "Archive/2026/03", false),
            ("", "Archive", false),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(is_match(pattern, name), expected, "{pattern} against {name}");
        }
    }
}
