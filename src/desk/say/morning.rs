//! The digest of the morning in words.

use super::scene::Scene;
use crate::domain::audience::Staff;
use crate::domain::language::Lang;
use crate::domain::morning::{Morning, due};
use crate::domain::ticket::Ticket;
use crate::words::context::{DigestLine, Internal, Named};

impl Scene<'_> {
    /// Fills the lists of a digest.
    pub fn morning(&self, morning: &Morning, lang: Lang, staff: &Staff, internal: &mut Internal) {
        let lines = |tickets: &[Ticket]| tickets.iter().map(|ticket| self.line(ticket, lang)).collect();
        let agent = staff.agent.as_ref().and_then(|id| self.desk.rules.agent(id));
        internal.agent = Named { name: agent.map_or_else(String::new, |agent| agent.name.clone()) };
        let today = self.cause.now.to_zoned(self.desk.rules.zone.clone()).date();
        internal.today = Some(self.desk.words.date(lang, today));
        internal.overdue = lines(&morning.overdue);
        internal.due_today = lines(&morning.due_today);
        internal.to_answer = lines(&morning.to_answer);
        internal.unassigned = lines(&morning.unassigned);
        internal.no_time = lines(&morning.no_time);
        internal.quote.clear();
    }

    fn line(&self, ticket: &Ticket, lang: Lang) -> DigestLine {
        let rules = &self.desk.rules;
        let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
        let requester = &ticket.requester;
        let by_address = || requester.address.as_ref().map(ToString::to_string).unwrap_or_default();
        let named = Some(requester.name.clone()).filter(|name| !name.is_empty());
        let client = client.map(|client| client.name.clone()).or(ticket.company.clone()).or(named);
        DigestLine {
            tag: rules.tag.of(ticket.key.number),
            due: due(ticket).map(|at| self.desk.words.datetime(lang, at, &rules.zone)).unwrap_or_default(),
            client: client.unwrap_or_else(by_address),
            subject: super::subject(self.desk, ticket, lang),
        }
    }
}
