//! The journeys: one unit of work each. A mail comes in ([`receive`]), time passes ([`tick`]), a letter goes out
//! ([`send`]), the operator speaks ([`act`]). Each looks up, decides by the pure `domain`, and writes down.
//!
//! Everything here is synchronous; the clock is passed in.

pub mod about;
pub mod act;
pub mod announce;
pub mod aside;
pub mod background;
pub mod bill;
pub mod canary;
pub mod digest;
pub mod erase;
pub mod export;
pub mod follow;
pub mod hooks;
pub mod identity;
pub mod journal;
pub mod look_up;
pub mod morning;
pub mod oracle;
mod passed_on;
pub mod perform;
pub mod receive;
pub mod recognise;
pub mod register;
pub mod same_matter;
pub mod say;
pub mod send;
pub mod statement;
pub mod tick;
mod time_lost;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::rules::{DeskId, Rules};
use crate::mail::command::Vocabulary;
use crate::mail::keys::Keys;
use crate::mail::trail::TagPattern;
use crate::words::{Catalogue, Detector, WordLists};

/// One desk with all that its journeys need: its rules, its words, its keys.
pub struct Desk {
    pub rules: Rules,
    pub words: Arc<Catalogue>,
    pub detector: Detector,
    pub recogniser: recognise::Recogniser,
    /// What agents call their commands.
    pub commands: Vocabulary,
    /// The folded labels of the lines by which agents register requests, with what each means.
    pub forms: BTreeMap<String, String>,
    /// How its numbers are found in subjects.
    pub tag: TagPattern,
    pub keys: Keys,
    /// Names this installation in the headers of its letters.
    pub instance: String,
}

impl Desk {
    /// A desk of these rules. Words are prepared once, here.
    pub fn new(rules: Rules, words: Arc<Catalogue>, keys: Keys, instance: String) -> Desk {
        let detector = words.detector(&rules.languages, &WordLists::default());
        let tag = TagPattern::parse(&rules.tag.template())
            .unwrap_or_else(|| TagPattern::parse("[#{n}]").expect("has a number"));
        let recogniser = recognise::Recogniser::new(&rules, &words);
        let aliases = words.command_aliases();
        let commands = Vocabulary::new(aliases.iter().map(|(alias, name)| (alias.as_str(), name.as_str())));
        Desk { forms: words.form_labels(), commands, recogniser, rules, words, detector, tag, keys, instance }
    }

    pub fn id(&self) -> &DeskId {
        &self.rules.desk
    }
}
