//! Stories of the books: statements on request, bills, corrections of the journal.

use std::sync::Arc;

use jiff::Timestamp;
use maildesk::config::read_desk_yaml;
use maildesk::desk::Desk;
use maildesk::desk::act::Act;
use maildesk::desk::bill::bill;
use maildesk::desk::journal::{Correction, correct};
use maildesk::desk::perform::Cause;
use maildesk::desk::statement::statement;
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::found::StatementWish;
use maildesk::domain::language::Lang;
use maildesk::domain::offer::Offer;
use maildesk::domain::people::AgentId;
use maildesk::domain::period::Period;
use maildesk::domain::thread::Work;
use maildesk::domain::ticket::{Requester, Ticket, TicketKey};
use maildesk::mail::compose::assemble;
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::parse;
use maildesk::store::{Bill, DeliveryFilter, Result, SqliteStore, Store, StoreError, Tx};
use maildesk::words::Catalogue;

use crate::support::store_samples::write;

const DESK: &str = r#"
desk: pieva
name: Pieva support
address: support@pieva.example.test
tag: "[KL-{n}]"
first_number: 1
languages: [lt, en, ru]
time_zone: Europe/Vilnius
vat: 21
due_days: 14
statement: {on: true, only_for: contract_contacts}
agents:
  petr: {name: Petr Novák, email: petr@pieva.example.test}
clients:
  - name: UAB Upė
    code: "301"
    domains: [upe.example.test]
    contract: {name: A-17, email: office@upe.example.test, hours: "1:00", period: month, price_beyond: 60 EUR, billing: month}
    contacts:
      - {name: Ona Onaitė, email: ona@upe.example.test, phone: "+370 600 00001", statement: true}
      - {name: Jānis Bērziņš, email: janis@upe.example.test}
  - name: MB Krantas
    code: "302"
    billing: {period: quarter, price: 70 EUR}
    contacts:
      - {name: Olga Alex, email: olga@krantas.example.test, statement: true, language: ru}
  - name: MB Be adreso
    code: "303"
    billing: {period: quarter, price: 70 EUR}
    contacts:
      - {name: Alice, email: alice@adresas.example.test}
"#;

struct House {
    desk: Desk,
    store: SqliteStore,
}

/// A letter that waits in the outbox.
struct Letter {
    purpose: String,
    to: Vec<String>,
    subject: String,
    text: String,
    /// Name and bytes.
    files: Vec<(String, String)>,
}

impl House {
    fn new() -> House {
        let rules = read_desk_yaml("desk.yaml", DESK, None).unwrap_or_else(|p| panic!("{p}")).rules;
        let words = Arc::new(Catalogue::embedded().with_default(Lang::LT));
        let desk = Desk::new(rules, words, Keys::new(Key::new(1, [7; 32]), Vec::new()), "test".into());
        House { desk, store: SqliteStore::open_in_memory().expect("opened") }
    }

    fn run<T>(&mut self, mut work: impl FnMut(&mut dyn Tx, &Desk) -> Result<T>) -> Result<T> {
        let desk = &self.desk;
        (&mut self.store as &mut dyn Store).run(|tx| work(tx, desk))
    }

    /// A ticket of a client's with work on these days, in minutes.
    fn worked(
        &mut self,
        client: &str,
        subject: &str,
        works: &[(&str, u32)],
        offer: Option<&str>,
    ) -> TicketKey {
        self.run(|tx, desk| {
            let key = TicketKey::new(&desk.rules.desk, tx.next_number(&desk.rules.desk, 1)?);
            let mut ticket = Ticket::blank(key.clone(), Lang::LT, at(works[0].0));
            ticket.subject = subject.to_owned();
            ticket.client = Some(client.to_owned());
            ticket.requester = Requester {
                name: "Ona Onaitė".into(),
                address: Address::parse("ona@upe.example.test"),
                phone: None,
            };
            ticket.offer = offer.map(|price| Offer {
                price: price.into(),
                date: jiff::civil::date(2026, 3, 1),
                work: "tinklas".into(),
                valid_until: None,
                agreed_at: Some(at("2026-02-01")),
            });
            for (day, minutes) in works {
                let text = format!("Darbas {day}");
                tx.add_work(&key, &Work { text, ..Work::new(petr(), at(day), *minutes) })?;
                ticket.spent_minutes += minutes;
            }
            write(tx, None, &ticket)?;
            Ok(key)
        })
        .expect("written")
    }

    fn ask(&mut self, from: &str, period: Option<Period>, id: &str) -> String {
        let asker = Mailbox::new("", Address::parse(from).expect("an address"));
        let wish = StatementWish { word: "išraš*".into(), period };
        self.run(|tx, desk| {
            let now = at("2026-03-02");
            let cause = Cause::new(id.to_owned(), "client_wrote", now);
            statement(tx, desk, &asker, &wish, Lang::LT, &cause, now)
        })
        .expect("answered")
    }

    fn bill(&mut self, period: Period, dry_run: bool, day: &str) -> Result<Vec<Bill>> {
        self.run(|tx, desk| bill(tx, desk, period, dry_run, "run", at(day)))
    }

    /// All letters, oldest first.
    fn letters(&mut self) -> Vec<Letter> {
        self.run(|tx, _| {
            let mut rows = tx.deliveries(&DeliveryFilter::default())?;
            rows.reverse();
            let mut letters = Vec::new();
            for row in rows {
                let letter = tx.letter(row.letter)?.expect("there").letter;
                assert_eq!(letter.ticket, None, "it is about no ticket");
                let mut files = Vec::new();
                let raw = assemble(&letter.letter, &mut |part| {
                    let bytes = tx.bytes(&part.hash).expect("read").expect("kept");
                    files.push((part.name.clone(), String::from_utf8(bytes.clone()).expect("text")));
                    Ok(bytes)
                })
                .expect("assembled");
                let mail = parse::parse(&raw, &parse::Limits::default());
                let to = letter.recipients.iter().map(ToString::to_string).collect();
                let text = mail.text.replace('\u{a0}', " ");
                letters.push(Letter { purpose: row.purpose, to, subject: mail.subject, text, files });
            }
            Ok(letters)
        })
        .expect("read")
    }

    fn sound(&mut self) {
        assert_eq!(self.store.check().expect("checked"), []);
    }
}

fn petr() -> AgentId {
    AgentId("petr".into())
}

/// Noon of that day.
fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00+02:00").parse().expect("an instant")
}

fn month(n: i8) -> Period {
    Period::month(2026, n).expect("a month")
}

fn second_quarter() -> Period {
    Period::quarter(2026, 2).expect("a quarter")
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn a_statement_goes_to_those_entitled_with_a_table() {
    let mut house = House::new();
    house.worked("301", "Spausdintuvas; „Canon“", &[("2026-02-10", 45), ("2026-02-20", 30)], None);
    house.worked("302", "Svetimas", &[("2026-02-11", 15)], None);
    house.worked("301", "Kovo", &[("2026-03-01", 15)], None);
    let reason = house.ask("ona@upe.example.test", Some(month(2)), "mail:1");
    assert_eq!(reason, "a statement for 2026-02 is asked for (išraš*)");
    house.ask("office@upe.example.test", Some(month(2)), "mail:2");
    let letters = house.letters();
    assert_eq!(letters[1].to, ["office@upe.example.test"], "the contract's own address may ask, too");
    let letter = &letters[0];
    assert_eq!(
        (letter.purpose.as_str(), &letter.to[..]),
        ("statement", &["ona@upe.example.test".to_owned()][..])
    );
    has(&letter.subject, &["UAB Upė", "2026-02-01", "2026-02-28"]);
    has(
        &letter.text,
        &[
            "KL-1 | kreiptasi 2026-02-10 | atlikta 2026-02-20 | Petr Novák | 0:30",
            "Darbas 2026-02-20",
            "Sutartis: A-17",
            "Iš viso laiko: 1:15",
            "Įskaičiuota į sutartį: 1:00",
            "Viršija sutartį: 0:15",
            "Suma be PVM: 15,00 EUR",
        ],
    );
    assert!(!letter.text.contains("Svetimas") && !letter.text.contains("KL-3"), "{}", letter.text);
    let [(name, table)] = &letter.files[..] else { panic!("one file") };
    assert_eq!(name, "statement-2026-02.csv");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert_eq!(
        lines[1],
        "KL-1;2026-02-10;UAB Upė;Ona Onaitė, +370 600 00001, ona@upe.example.test;\"Spausdintuvas; „Canon“\";\
         Petr Novák;2026-02-10;0:45;Darbas 2026-02-10"
    );
    house.sound();
}

#[test]
fn who_is_not_entitled_learns_nothing() {
    let mut house = House::new();
    house.worked("301", "Spausdintuvas", &[("2026-02-10", 45)], None);
    for (i, from) in
        ["janis@upe.example.test", "nobody@upe.example.test", "stranger@else.example.test"].iter().enumerate()
    {
        let reason = house.ask(from, Some(month(2)), &format!("mail:{i}"));
        assert!(reason.contains("not entitled"), "{reason}");
        let letters = house.letters();
        let letter = letters.last().expect("answered");
        assert_eq!((letter.purpose.as_str(), letter.to[0].as_str()), ("statement_refused", *from));
        assert!(letter.files.is_empty() && !letter.text.contains("0:45"), "{}", letter.text);
    }
    assert!(!house.letters()[2].text.contains("Upė"), "a stranger does not learn who is a client");
}

#[test]
fn a_wish_without_a_period_is_asked_back() {
    let mut house = House::new();
    house.ask("ona@upe.example.test", None, "mail:1");
    house.ask("janis@upe.example.test", None, "mail:2");
    let letters = house.letters();
    assert_eq!(letters[0].purpose, "statement_period");
    has(&letters[0].text, &["už vasarį"]);
    assert_eq!(letters[1].purpose, "statement_refused");
}

#[test]
fn the_same_mail_gets_one_statement() {
    let mut house = House::new();
    house.ask("ona@upe.example.test", Some(month(1)), "mail:1");
    house.ask("ona@upe.example.test", Some(month(1)), "mail:1");
    let letters = house.letters();
    assert_eq!(letters.len(), 1);
    has(&letters[0].text, &["Šiuo laikotarpiu paslaugų nesuteikta", "Iš viso laiko: 0:00"]);
}

#[test]
fn what_is_beyond_the_contract_is_billed_once() {
    let mut house = House::new();
    house.worked("301", "Spausdintuvas", &[("2026-02-10", 45), ("2026-02-20", 60)], None);
    house.worked("302", "Ketvirčio", &[("2026-02-11", 15)], None);
    let dry = house.bill(month(2), true, "2026-03-01").expect("reckoned");
    assert_eq!(dry.iter().map(|b| (b.number, b.minutes)).collect::<Vec<_>>(), [(0, 45)]);
    assert!(house.letters().is_empty(), "a dry run writes nothing");
    let bills = house.bill(month(2), false, "2026-03-01").expect("billed");
    let [one] = &bills[..] else { panic!("{bills:?}") };
    assert_eq!((one.client.as_str(), one.number, one.minutes), ("301", 1, 45));
    assert_eq!((one.net.cents, one.vat.cents, one.total.cents), (4_500, 945, 5_445));
    assert_eq!(house.bill(month(2), false, "2026-03-02"), Ok(Vec::new()), "never twice");
    let letters = house.letters();
    let [letter] = &letters[..] else { panic!("{}", letters.len()) };
    assert_eq!(
        (letter.purpose.as_str(), letter.to[0].as_str()),
        ("invoice_notice", "office@upe.example.test")
    );
    has(
        &letter.text,
        &[
            "Iš viso laiko: 1:45",
            "Įskaičiuota į sutartį: 1:00",
            "Viršija sutartį: 0:45",
            "Valandos įkainis: 60,00 EUR",
            "Suma be PVM: 45,00 EUR",
            "PVM: 9,45 EUR",
            "Mokėti: 54,45 EUR",
            "Apmokėti iki: 2026-03-15",
        ],
    );
    has(&letter.subject, &["Išankstinė sąskaita faktūra 1: UAB Upė"]);
    assert_eq!(letter.files[0].0, "invoice-2026-02.csv");
    house.sound();
}

#[test]
fn nothing_is_billed_where_nothing_is_to_pay() {
    let mut house = House::new();
    house.worked("301", "Spausdintuvas", &[("2026-02-10", 60)], None);
    assert_eq!(house.bill(month(2), false, "2026-03-01"), Ok(Vec::new()));
    assert!(house.letters().is_empty());
}

#[test]
fn without_a_contract_all_time_is_billed_by_the_quarter_in_the_readers_language() {
    let mut house = House::new();
    house.worked("302", "Sodra", &[("2026-05-26", 30), ("2026-05-26", 75)], None);
    house.worked("303", "Be adreso", &[("2026-05-26", 30)], None);
    house.worked("301", "Mėnesio", &[("2026-05-26", 600)], None);
    let dry = house.bill(second_quarter(), true, "2026-05-30").expect("a dry run may look into the period");
    assert_eq!(dry.iter().map(|b| b.client.as_str()).collect::<Vec<_>>(), ["302", "303"]);
    let bills = house.bill(second_quarter(), false, "2026-07-01").expect("billed");
    let [one] = &bills[..] else { panic!("who has no address is not billed: {bills:?}") };
    assert_eq!((one.net.cents, one.vat.cents, one.total.cents), (12_250, 2_573, 14_823));
    let letters = house.letters();
    assert_eq!(letters[0].to, ["olga@krantas.example.test"]);
    has(&letters[0].text, &["Всего времени: 1:45", "К оплате: 148,23 EUR"]);
    assert!(!letters[0].text.contains("договор:"), "{}", letters[0].text);
}

#[test]
fn a_period_that_is_not_over_is_not_billed() {
    let mut house = House::new();
    let early = house.bill(month(2), false, "2026-02-28");
    assert!(matches!(&early, Err(StoreError::Abandoned(why)) if why.contains("not over")), "{early:?}");
    let odd = Period { from: month(2).from, to: month(3).to };
    assert!(matches!(house.bill(odd, false, "2026-05-01"), Err(StoreError::Abandoned(_))));
}

#[test]
fn an_agreed_price_stands_in_place_of_time_and_is_billed_once() {
    let mut house = House::new();
    house.worked("301", "Tinklas", &[("2026-02-10", 600), ("2026-03-10", 600)], Some("1 200 EUR"));
    house.worked("301", "Spausdintuvas", &[("2026-02-11", 90)], None);
    let bills = house.bill(month(2), false, "2026-03-01").expect("billed");
    assert_eq!((bills[0].minutes, bills[0].net.cents), (30, 123_000));
    assert_eq!(house.bill(month(3), false, "2026-04-01"), Ok(Vec::new()));
}

#[test]
fn a_correction_counts_in_place_of_the_row() {
    let mut house = House::new();
    let key = house.worked("301", "Spausdintuvas", &[("2026-02-10", 45), ("2026-02-20", 100)], None);
    let act = |id: &str| Act { agent: None, id: id.into() };
    let minutes = |n| Correction { minutes: Some(n), ..Correction::default() };
    let mut correct = |row, correction: Correction, id: &str| {
        house.run(|tx, desk| correct(tx, desk, key.number, row, &correction, &act(id), at("2026-03-01")))
    };
    assert_eq!(correct(2, minutes(40), "1").map(|w| (w.row, w.corrects)), Ok((3, Some(2))));
    let named = Correction { mode: Some("visit".into()), ..minutes(20) };
    assert_eq!(correct(2, named, "2").map(|w| (w.row, w.corrects)), Ok((4, Some(3))), "of the correction");
    assert!(correct(2, minutes(20), "3").is_err(), "that is so already");
    assert!(correct(9, minutes(20), "4").is_err(), "no such row");
    let ticket = house.run(|tx, _| tx.ticket(&key)).expect("asked").expect("there");
    assert_eq!(ticket.spent_minutes, 65);
    house.ask("ona@upe.example.test", Some(month(2)), "mail:1");
    let letters = house.letters();
    has(
        &letters[0].text,
        &[
            "| 1:40\n",
            "| -1:00\n",
            "| -0:20\n",
            "visit: Darbas 2026-02-20",
            "Iš viso laiko: 1:05",
            "Viršija sutartį: 0:05",
        ],
    );
    house.sound();
}

#[test]
fn whose_mail_bounces_is_billed_when_it_does_no_more() {
    let mut house = House::new();
    house.worked("301", "Spausdintuvas", &[("2026-02-10", 90)], None);
    let office = Address::parse("office@upe.example.test").expect("an address");
    let mut stand = |standing| {
        house.run(|tx, _| tx.set_standing(&office, standing, at("2026-02-20"))).expect("written");
        house.bill(month(2), false, "2026-03-01").expect("run").len()
    };
    assert_eq!(stand(maildesk::store::Standing::Undeliverable), 0);
    assert_eq!(stand(maildesk::store::Standing::Good), 1);
}
