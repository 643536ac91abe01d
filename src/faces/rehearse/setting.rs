//! The desk of a rehearsal: its description, or the operator's own configuration.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::config::{load, read_desk_yaml};
use crate::desk::Desk;
use crate::domain::rules::Rules;
use crate::mail::keys::{Key, Keys};
use crate::words::Catalogue;

/// The key of a rehearsal signs nothing that leaves it.
const KEY: [u8; 32] = *b"a rehearsal's letters go nowhere";

/// Where the rules of the desk come from.
pub enum Setting {
    /// A `desk.yaml`.
    Described { file: String, text: String },
    /// One desk of a configuration.
    Configured { rules: Box<Rules>, words: Arc<Catalogue> },
}

impl Setting {
    /// Reads a description (`*.yaml`, `*.yml`) or a configuration, of which `name` chooses a desk.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn read(path: &Path, name: Option<String>) -> Result<Setting, String> {
        let file = path.display().to_string();
        if path.extension().is_some_and(|e| e == OsStr::new("yaml") || e == OsStr::new("yml")) {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
            read_desk_yaml(&file, &text, None).map_err(|problems| problems.to_string())?;
            return Ok(Setting::Described { file, text });
        }
        let env: BTreeMap<String, String> = std::env::vars().collect();
        let settings = load(&[PathBuf::from(path)], &env).map_err(|problems| problems.to_string())?.settings;
        let rules = match &name {
            Some(name) => settings.desk(name),
            None => settings.desks.first(),
        };
        let mut rules = rules.ok_or_else(|| format!("{file}: there is no such desk"))?.clone();
        // What waits for second thoughts would only confuse the order of the story.
        rules.reply_delay_seconds = 0;
        let words = Catalogue::load(settings.templates_dir.as_deref())
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let words = words.with_default(rules.own_language());
        Ok(Setting::Configured { rules: Box::new(rules), words: Arc::new(words) })
    }

    /// The desk, with what one conversation sets otherwise.
    ///
    /// # Errors
    /// What is wrong with that, in words.
    pub fn desk(&self, setup: Option<&Value>) -> Result<Desk, String> {
        let (rules, words) = match (self, setup) {
            (Setting::Described { file, text }, setup) => {
                let described = read_desk_yaml(file, text, setup).map_err(|problems| problems.to_string())?;
                let words = Catalogue::embedded().with_default(described.rules.own_language());
                (described.rules, Arc::new(words))
            }
            (Setting::Configured { rules, words }, None) => ((**rules).clone(), words.clone()),
            (Setting::Configured { .. }, Some(_)) => {
                return Err("setup: overrides a desk.yaml, not a configuration".to_owned());
            }
        };
        Ok(Desk::new(rules, words, Keys::new(Key::new(1, KEY), Vec::new()), "rehearsal".to_owned()))
    }

    /// What the description asks for and the program does not act on, in words.
    pub fn not_acted_on(&self) -> Vec<String> {
        let Setting::Described { file, text } = self else { return Vec::new() };
        let described = read_desk_yaml(file, text, None);
        described.map(|d| d.unsupported.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }
}
