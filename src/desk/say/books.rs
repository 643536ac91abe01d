//! Letters of the books: statements, refusals of statements, pro-forma invoices.

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::scene::{self, Scene};
use super::{CLIENT, Said};
use crate::desk::Desk;
use crate::desk::perform::{Cause, post};
use crate::domain::address::Mailbox;
use crate::domain::books::csv::{self, Separator};
use crate::domain::books::{Reckoning, Row, Terms};
use crate::domain::effect::Purpose;
use crate::domain::hash::Hash;
use crate::domain::language::Lang;
use crate::domain::letter::{Attached, PartSource};
use crate::domain::money::Money;
use crate::domain::people::Client;
use crate::domain::period::Period;
use crate::domain::ticket::Ticket;
use crate::store::{Result, Tx};
use crate::words::context::{self, MailView, Person, Public};
use crate::words::when;

/// Somebody else's subject is repeated up to this many characters.
const SUBJECT_CHARS_MAX: usize = 80;

/// What a letter of the books is about.
#[derive(Clone, Debug, Default)]
pub struct Paper<'a> {
    pub client: Option<&'a Client>,
    pub period: Option<Period>,
    pub reckoning: Option<&'a Reckoning>,
    pub invoice: Option<Invoice>,
    pub today: Option<Date>,
}

/// What only an invoice has.
#[derive(Clone, Debug)]
pub struct Invoice {
    pub number: u32,
    pub due: Option<Date>,
}

/// Writes a letter of the books to one person, about no ticket.
pub fn write(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    purpose: Purpose,
    language: Lang,
    to: &Mailbox,
    paper: &Paper<'_>,
) -> Result<()> {
    let ticket = Ticket { language, ..scene::no_ticket(desk, cause) };
    let scene = Scene::new(desk, cause, &ticket, &[]);
    let lang = scene.language(&purpose, language);
    let stranger = desk.rules.clients.of_address(&to.address).is_none();
    let mut context = scene.client_context(&purpose, lang, stranger);
    paper.fill(desk, lang, &mut context.public);
    context.public.requester =
        Person { name: Some(to.name.clone()), email: Some(to.address.to_string()), phone: None };
    if let Some(digest) = cause.mail {
        let subject = digest.mail.subject.chars().filter(|c| !c.is_control()).take(SUBJECT_CHARS_MAX);
        let date = desk.words.datetime(lang, digest.arrived, &desk.rules.zone);
        context.public.mail = MailView { subject: subject.collect(), date };
    }
    let table = paper.table(tx, desk, lang)?;
    let mut draft = scene.draft(&purpose, lang, &context, CLIENT, table.into_iter().collect())?;
    (draft.in_reply_to, draft.references) = scene.client_thread();
    draft.to = vec![to.clone()];
    let envelope = (!stranger).then(|| desk.rules.address.clone());
    let mut letter = scene.letter(&purpose, &draft, envelope);
    letter.ticket = None;
    post(tx, Said { letter, to_client: true, typed: false }, cause)
}

impl Paper<'_> {
    fn fill(&self, desk: &Desk, lang: Lang, public: &mut Public) {
        let words = &desk.words;
        public.client.name = self.client.map(|client| client.name.clone());
        public.client.code = self.client.map(|client| client.code.clone());
        public.client.contract_hint = public.client.name.clone();
        public.contract.name = self.client.and_then(|c| Some(c.contract.as_ref()?.name.clone()));
        if let Some(period) = self.period {
            let (from, to) = (words.date(lang, period.from), words.date(lang, period.to));
            public.period = context::Period { from, to };
        }
        let Some(reckoning) = self.reckoning else { return };
        public.rows = reckoning.rows.iter().map(|row| view(desk, lang, row)).collect();
        let money = |money: &Money| words.money(lang, money.cents, &money.currency);
        public.totals = context::Totals {
            spent: when::duration(reckoning.spent),
            included: reckoning.included.map(when::duration),
            beyond: reckoning.included.map(|_| when::duration(reckoning.beyond)),
            amount: reckoning.net.as_ref().map(money),
        };
        let shown = |amount: &Option<Money>| amount.as_ref().map(money).unwrap_or_default();
        if let Some(invoice) = &self.invoice {
            let price = self.client.and_then(|client| Terms::of(client, 0).price);
            public.invoice = context::Invoice {
                number: invoice.number.to_string(),
                rate: price.as_ref().map(money),
                net: shown(&reckoning.net),
                vat: shown(&reckoning.vat),
                total: shown(&reckoning.total),
                due: invoice.due.map(|day| words.date(lang, day)),
            };
        }
    }

    /// The rows as a table for spreadsheets, kept under their hash. The byte order mark tells Excel that it is UTF-8.
    fn table(&self, tx: &mut dyn Tx, desk: &Desk, lang: Lang) -> Result<Option<Attached>> {
        let (Some(reckoning), Some(period)) = (self.reckoning, self.period) else { return Ok(None) };
        let separator =
            if desk.words.amount(lang, 0).contains(',') { Separator::Semicolon } else { Separator::Comma };
        let head = COLUMNS.map(|column| desk.words.phrase(lang, column, &[])).to_vec();
        let rows = reckoning.rows.iter().map(|row| cells(desk, row));
        let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
        let bytes = format!("\u{feff}{}", csv::write(&lines, separator)).into_bytes();
        let hash = Hash(Sha256::digest(&bytes).into());
        tx.keep(&hash, &bytes)?;
        let kind = if self.invoice.is_some() { "invoice" } else { "statement" };
        Ok(Some(Attached {
            name: format!("{kind}-{}.csv", period.name().replace(' ', "_")),
            content_type: "text/csv".to_owned(),
            content_id: None,
            size_bytes: bytes.len() as u64,
            hash,
            source: PartSource::Blob { hash },
        }))
    }
}

/// Names of the journal's columns among the phrases.
const COLUMNS: [&str; 9] = [
    "column_number",
    "column_requested_on",
    "column_client",
    "column_contact",
    "column_problem",
    "column_consultant",
    "column_done_on",
    "column_spent",
    "column_work",
];

/// Dates for programs: spreadsheets read these in every language.
fn cells(desk: &Desk, row: &Row) -> Vec<String> {
    vec![
        desk.rules.tag.shown(row.number),
        row.requested_on.to_string(),
        row.client.clone(),
        row.contact.clone(),
        row.problem.clone(),
        row.consultant.clone(),
        row.done_on.to_string(),
        when::duration(row.spent),
        row.described(),
    ]
}

fn view(desk: &Desk, lang: Lang, row: &Row) -> context::Row {
    context::Row {
        number: desk.rules.tag.shown(row.number),
        requested_on: desk.words.date(lang, row.requested_on),
        done_on: Some(desk.words.date(lang, row.done_on)),
        consultant: Some(row.consultant.clone()),
        spent: when::duration(row.spent),
        problem: one_line(&row.problem),
        work: one_line(&row.described()),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
