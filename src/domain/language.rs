//! A language as the desk names it: two letters of ISO 639-1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A language code of two lower-case ASCII letters (ISO 639-1), such as `lt`.
///
/// Whether there are words in that language is for the catalogue to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lang([u8; 2]);

/// The text was not a code of two letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no language: two letters are wanted, such as \"lt\"")]
pub struct NotALanguage(String);

impl Lang {
    /// English.
    pub const EN: Lang = Lang(*b"en");
    /// Lithuanian.
    pub const LT: Lang = Lang(*b"lt");
    /// Latvian.
    pub const LV: Lang = Lang(*b"lv");
    /// Russian.
    pub const RU: Lang = Lang(*b"ru");
    /// Czech.
    pub const CS: Lang = Lang(*b"cs");

    /// The code, two lower-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are ever stored")
    }
}

impl FromStr for Lang {
    type Err = NotALanguage;

    /// Capitals and blanks around are forgiven: `" LT "` is Lithuanian. A region is not part of it.
    fn from_str(text: &str) -> Result<Lang, NotALanguage> {
        match text.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Lang([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => Err(NotALanguage(text.to_owned())),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Lang {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Lang {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lang, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_two_letters_whatever_their_case() {
        assert_eq!("LT".parse(), Ok(Lang::LT));
        assert_eq!(" ru ".parse(), Ok(Lang::RU));
        assert_eq!(Lang::CS.to_string(), "cs");
        for wrong in ["", "l", "ltu", "lt-LT", "l1", "лт", "é"] {
            assert!(wrong.parse::<Lang>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_language_travels_as_a_string() {
        assert_eq!(serde_json::to_string(&Lang::LV).unwrap(), "\"lv\"");
        assert_eq!(serde_json::from_str::<Lang>("\"EN\"").unwrap(), Lang::EN);
        assert!(serde_json::from_str::<Lang>("\"english\"").is_err());
    }
}
