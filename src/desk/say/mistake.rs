//! An agent's mistake in words.

use crate::desk::Desk;
use crate::domain::command::Mistake;
use crate::domain::effect::{Answer, Effect, Notice, Purpose, Step};
use crate::domain::language::Lang;
use crate::domain::step::NOTHING_DONE;

/// The mistake that a decision returns, if it does nothing else.
pub fn error(step: &Step) -> Option<&Mistake> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Tell(Notice { purpose: Purpose::AgentResult(Answer::Error(mistake)), .. }) => Some(mistake),
        _ => None,
    })
}

/// More of what somebody typed does not stand in a history.
const VALUE_CHARS_MAX: usize = 80;

/// A mistake as the history and the command line tell it, with what may have been meant.
pub fn in_english(desk: &Desk, mistake: &Mistake) -> String {
    let mut short = mistake.clone();
    for (_, value) in &mut short.values {
        *value = value.chars().take(VALUE_CHARS_MAX).collect();
    }
    let told = phrase(desk, Lang::EN, &short);
    match &mistake.suggestion {
        Some(suggestion) => format!("{told}; possible: {suggestion}"),
        None => told,
    }
}

/// The decision with its mistake named in the reason: the domain knows no sentences.
pub fn explained(desk: &Desk, mut step: Step) -> Step {
    if let (Some(mistake), NOTHING_DONE) = (error(&step), step.reason.as_str()) {
        step.reason = format!("{}: {}", step.reason, in_english(desk, mistake));
    }
    step
}

pub(super) fn phrase(desk: &Desk, lang: Lang, mistake: &Mistake) -> String {
    let values: Vec<(&str, &str)> =
        mistake.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    desk.words.phrase(lang, mistake.phrase, &values)
}
