//! Bounds on everything that strangers can make large.

use crate::config::reader::Table;
use crate::domain::rules::Limits;

/// Reads a table of limits; what it leaves out is as in `base`.
pub fn limits(table: &Table<'_>, base: &Limits) -> Limits {
    let count = |key, default| table.whole(key, 1..=10_000_000, default);
    let words = table.whole("thanks_words", 0..=100, u32::try_from(base.thanks_words).unwrap_or(100));
    let limits = Limits {
        mail_bytes: table.bytes("mail", base.mail_bytes),
        attachment_bytes: table.bytes("attachment", base.attachment_bytes),
        notify_attachment_bytes: table.bytes("notify_attachment", base.notify_attachment_bytes),
        answers_per_hour: count("answers_per_hour", base.answers_per_hour),
        answers_per_day: count("answers_per_day", base.answers_per_day),
        known_answers_per_hour: count("known_answers_per_hour", base.known_answers_per_hour),
        known_answers_per_day: count("known_answers_per_day", base.known_answers_per_day),
        domain_answers_per_day: count("domain_answers_per_day", base.domain_answers_per_day),
        all_answers_per_hour: count("all_answers_per_hour", base.all_answers_per_hour),
        reopens_per_day: count("reopens_per_day", base.reopens_per_day),
        tickets_per_hour: table.whole("tickets_per_hour", 0..=10_000_000, base.tickets_per_hour),
        thanks_words: usize::try_from(words).unwrap_or(base.thanks_words),
    };
    if limits.attachment_bytes > limits.mail_bytes {
        table.refuse("attachment", "is larger than a whole mail may be", "raise mail or lower it");
    }
    limits
}
