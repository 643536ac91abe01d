//! The types of request that a desk has: how they are told apart, who gets them, what is promised.

use super::people::Promise;

/// One type of request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeRule {
    /// Its name in the configuration: `readdress`.
    pub name: String,
    /// What clients read, by language; a language without one shows the name.
    pub labels: std::collections::BTreeMap<super::language::Lang, String>,
    /// Beginnings of words, several as neighbours; case and diacritics are ignored.
    pub words: Vec<String>,
    /// Who is told of it, where `notify_new` is by team.
    pub team: Option<String>,
    /// Replaces the desk's list of required fields.
    pub required: Option<Vec<String>>,
    /// Where a span is lacking, the severity's holds.
    pub promise: Promise,
    /// Stands under the solution of such a request.
    pub tip: Option<String>,
}

/// All types of a desk; none where it does not tell them apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Types {
    pub all: Vec<TypeRule>,
    /// The order in which their words are looked for; places in `all`.
    pub looked_for: Vec<usize>,
    /// What a request is whose words match none; a place in `all`.
    pub otherwise: usize,
}

impl Types {
    /// The type of that name.
    pub fn get(&self, name: &str) -> Option<&TypeRule> {
        self.all.iter().find(|kind| kind.name == name)
    }

    /// What a request without telling words is; `None` where the desk has no types.
    pub fn otherwise(&self) -> Option<&TypeRule> {
        self.all.get(self.otherwise)
    }
}

/// Urgent and something else are the same thing, whichever was found first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    Severity(String),
    Type(String),
}
