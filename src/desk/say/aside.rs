//! Mails that were set aside, in words for whoever looks after the program.

use super::scene::Scene;
use crate::domain::effect::SetAside;
use crate::domain::language::Lang;
use crate::words::context::{AsideLine, Internal};

impl Scene<'_> {
    /// Fills the list of mails.
    pub fn set_aside(&self, mails: &[SetAside], lang: Lang, internal: &mut Internal) {
        let (words, zone) = (&self.desk.words, &self.desk.rules.zone);
        let today = self.cause.now.to_zoned(zone.clone()).date();
        internal.today = Some(words.date(lang, today));
        let line = |mail: &SetAside| AsideLine {
            number: mail.mail.to_string(),
            date: words.datetime(lang, mail.at, zone),
            sender: mail.sender.as_ref().map(ToString::to_string),
            subject: mail.subject.clone(),
            reason: mail.reason.clone(),
        };
        internal.set_aside = mails.iter().map(line).collect();
        internal.quote.clear();
    }
}
