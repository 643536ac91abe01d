//! The files of words that are part of the program.

/// Every letter the desk sends of its own accord, by file name without `.txt`.
pub const TEMPLATES: [&str; 35] = [
    "ack",
    "agent_aside",
    "agent_assigned",
    "agent_digest",
    "agent_help",
    "agent_new",
    "agent_result",
    "agent_update",
    "agent_warning",
    "announcement",
    "assigned",
    "channel_refused",
    "closed_silence",
    "deadline_changed",
    "duplicate",
    "escalated",
    "escalation_head",
    "identify",
    "invoice_notice",
    "login_link",
    "missing_info",
    "offer",
    "offer_agreed",
    "problem",
    "rating_thanks",
    "reopened",
    "reply",
    "resolved",
    "statement",
    "statement_period",
    "statement_refused",
    "status",
    "urgent_accepted",
    "verify_client",
    "waiting_client",
];

/// Texts that templates include, by file name without `.txt`.
pub(super) const INCLUDES: [&str; 2] = ["_agent_footer", "_footer"];

/// One language as it stands in the program.
pub(super) struct Embedded {
    pub code: &'static str,
    /// The text of `words.yaml`.
    pub words: &'static str,
    /// Name without `.txt`, and text.
    pub files: [(&'static str, &'static str); 37],
}

macro_rules! embed {
    ($code:literal: $($name:ident)*) => {
        Embedded {
            code: $code,
            words: include_str!(concat!("../../config/templates/", $code, "/words.yaml")),
            files: [$((
                stringify!($name),
                include_str!(concat!("../../config/templates/", $code, "/", stringify!($name), ".txt")),
            )),*],
        }
    };
}

macro_rules! embed_all {
    ($($code:literal)*) => {
        [$(embed!($code:
            _agent_footer _footer ack agent_aside agent_assigned agent_digest agent_help agent_new agent_result agent_update
            agent_warning announcement assigned channel_refused closed_silence deadline_changed duplicate
            escalated escalation_head identify invoice_notice login_link missing_info offer offer_agreed problem
            rating_thanks reopened reply resolved statement statement_period statement_refused status urgent_accepted
            verify_client waiting_client
        )),*]
    };
}

/// The languages of the program.
pub(super) const LANGUAGES: [Embedded; 5] = embed_all!("cs" "en" "lt" "lv" "ru");

/// Subjects of notices of absence in languages that the desk does not write.
pub(super) const ABSENCE: &str = include_str!("../../config/templates/absence.yaml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_part_of_the_program_in_every_language() {
        for language in &LANGUAGES {
            for name in TEMPLATES.iter().chain(&INCLUDES) {
                assert!(language.files.iter().any(|(file, _)| file == name), "{}/{name}", language.code);
            }
        }
    }
}
