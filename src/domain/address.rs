//! Mail addresses as identities: strict, comparable, with or without a plus tag.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A plain `local@domain`, lower case throughout, so that equal means the same mailbox.
///
/// Everything that mail systems read in different ways is refused: routes, comments, quoted local parts,
/// controls, blanks, more than one `@` (RFC 5321, section 4.1.2, less what nobody uses honestly).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl Address {
    /// At most 254 bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const BYTES_MAX: usize = 254;

    /// Reads an address; `None` when it is not one that can be trusted to mean one mailbox.
    pub fn parse(text: &str) -> Option<Address> {
        // The Kelvin sign is a `k` when it is made small: nobody who writes it means the letter.
        let turns_ascii = |c: char| !c.is_ascii() && c.to_lowercase().all(|small| small.is_ascii());
        if text.chars().any(turns_ascii) {
            return None;
        }
        // What is kept is what is looked at: made small, some letters are two, and longer.
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@')?;
        let plain = |c: char| {
            !c.is_control() && !c.is_whitespace() && !"()<>[]:;,\\\"@".contains(c) && !is_invisible(c)
        };
        let sound = text.len() <= Address::BYTES_MAX
            && !local.is_empty()
            && local.len() <= 64
            && local.chars().all(plain)
            && !domain.is_empty()
            && domain.split('.').all(|label| !label.is_empty())
            && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
        sound.then_some(Address(text))
    }

    /// The whole address, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// What stands behind the first `+` of the local part, if anything does.
    pub fn tag(&self) -> Option<&str> {
        self.local().split_once('+').map(|(_, tag)| tag)
    }

    /// The address without its plus tag.
    pub fn base(&self) -> Address {
        match self.local().split_once('+') {
            Some((base, _)) if !base.is_empty() => Address(format!("{base}@{}", self.domain())),
            _ => self.clone(),
        }
    }

    /// The address with `tag` behind a `+`; a tag that it already has is replaced.
    pub fn with_tag(&self, tag: &str) -> Address {
        let base = self.base();
        Address(format!("{}+{tag}@{}", base.local(), base.domain()))
    }
}

/// Characters that show nothing or turn the direction of writing: never part of an honest address or name.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Address, String> {
        Address::parse(&text).ok_or_else(|| format!("{text:?} is not a mail address"))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0
    }
}

/// A display name with an address: one person, as mail shows him.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mailbox {
    /// Without controls and invisible characters; may be empty.
    pub name: String,
    pub address: Address,
}

impl Mailbox {
    /// A mailbox with the name cleaned of what must not reach a header.
    pub fn new(name: &str, address: Address) -> Mailbox {
        let name = name.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c });
        let name: String = name.collect();
        Mailbox { name: name.split_whitespace().collect::<Vec<_>>().join(" "), address }
    }

    /// The name, or the address where there is no name.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { self.address.as_str() } else { &self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cannot be read again would be a ticket that cannot be read.
    #[test]
    fn an_address_is_read_again_as_it_was_kept_whatever_letters_it_has() {
        let again = |text: &str| {
            if let Some(address) = Address::parse(text) {
                assert_eq!(Address::parse(address.as_str()).as_ref(), Some(&address), "{text:?}");
            }
        };
        let has_another_small_form = |c: &char| c.to_lowercase().ne([*c]);
        for c in ('\0'..=char::MAX).filter(has_another_small_form) {
            again(&format!("{c}@{c}.example"));
            again(&format!("a{c}a@a{c}a.example"));
        }
        // Small, this letter takes a byte more: the bounds hold for what is kept.
        for count in 1..70 {
            again(&format!("{}@client.example", "\u{130}".repeat(count)));
            again(&format!("{}@client.example", "\u{23a}".repeat(count)));
            again(&format!("ona@{}.example", "\u{23a}".repeat(2 * count)));
        }
        assert_eq!(
            Address::parse("ona@\u{130}stanbul.example"),
            None,
            "its small form is no letter of a domain"
        );
    }

    #[test]
    fn only_an_address_that_means_one_mailbox_is_read() {
        for (text, expected) in [
            ("Ona@Client.Example", Some("ona@client.example")),
            ("jonas.ąžuolas@client.example", Some("jonas.ąžuolas@client.example")),
            ("support+3107.k7@desk.example", Some("support+3107.k7@desk.example")),
            ("@bad.example,@x.example:ona@client.example", None),
            ("ona@client.example\0@bad.example", None),
            ("\"ona@client.example\"@bad.example", None),
            ("ona(comment)@client.example", None),
            ("ona@@client.example", None),
            ("ona@client..example", None),
            ("ona@", None),
            ("ona", None),
            ("ona\u{202e}@client.example", None),
            ("\u{212a}arl@client.example", None),
        ] {
            assert_eq!(Address::parse(text).as_ref().map(Address::as_str), expected, "{text}");
        }
    }

    #[test]
    fn a_plus_tag_is_found_replaced_and_taken_off() {
        let plain = Address::parse("support@desk.example").expect("an address");
        let tagged = plain.with_tag("3107.k7");
        assert_eq!(tagged.tag(), Some("3107.k7"));
        assert_eq!(tagged.with_tag("new").as_str(), "support+new@desk.example");
        assert_eq!(tagged.base(), plain);
        assert_eq!(plain.tag(), None);
    }
}
