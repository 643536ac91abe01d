//! Languages.
use serde::{Deserialize, Serialize};
/// A two-letter language code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang([u8; 2]);
impl TryFrom<String> for Lang {
    type Error = String;
    fn try_from(t: String) -> Result<Lang, String> {
        <[u8; 2]>::try_from(t.as_bytes()).map(Lang).map_err(|_| format!("{t:?} is not a language"))
    }
}
impl From<Lang> for String {
    fn from(l: Lang) -> String {
        String::from_utf8_lossy(&l.0).into_owned()
    }
}
