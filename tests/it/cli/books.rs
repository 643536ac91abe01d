//! Journal, statements, bills, reports, people and deadlines at the command line.

use jiff::Timestamp;
use maildesk::domain::language::Lang;
use maildesk::domain::people::AgentId;
use maildesk::domain::thread::{Kind, Message, Voice, Work};
use maildesk::domain::ticket::{State, Ticket, TicketKey};

use super::{DESK, Folder, NOBODY};
use crate::support::store_samples;

const CLIENTS: &str = r#"
[[desk.clients]]
name = "UAB „Upė“"
code = "301"
domains = ["upe.example"]
[desk.clients.contract]
name = "A-17"
email = "office@upe.example"
hours = "1:00"
price_beyond = "60 EUR"
[[desk.clients.contacts]]
name = "Ona Onaitė"
email = "ona@upe.example"
statement = true
[[desk.clients]]
name = "MB Be adreso"
code = "302"
billing = { price = "70 EUR" }
"#;

fn at(text: &str) -> Timestamp {
    format!("{text}:00+02:00").parse().expect("an instant")
}

/// Two tickets of February: 1:30 of work for the first client, 0:30 for the second, an answer, a solution.
fn february() -> Folder {
    let settings = DESK.replace("[desk]", "[desk]\nvat = 21\n[desk.calendars.office]\nmon-fri = \"08:00-17:00\"\nholidays = \"LT\"\n[desk.severity]\nnormal = { respond = \"4h\", resolve = \"2wd\" }\n");
    let settings = reordered(&settings);
    let folder = Folder::with(&format!("{settings}{CLIENTS}{NOBODY}"));
    let desk = folder.settings().desks[0].desk.clone();
    folder
        .store()
        .run(|tx| {
            for (client, minutes) in [("301", &[45, 45][..]), ("302", &[30][..])] {
                let key = TicketKey::new(&desk, tx.next_number(&desk, 3107)?);
                let mut ticket = Ticket::blank(key.clone(), Lang::LT, at("2026-02-10T09:00"));
                ticket.subject = "=1+1; Spausdintuvas".into();
                ticket.client = Some(client.into());
                ticket.requester.name = "Ona Onaitė".into();
                ticket.messages = 1;
                for (i, minutes) in minutes.iter().enumerate() {
                    let text = format!("Darbas {}", i + 1);
                    tx.add_work(&key, &Work { text, ..Work::new(petr(), at("2026-02-10T11:00"), *minutes) })?;
                    ticket.spent_minutes += minutes;
                }
                let at = at("2026-02-10T10:30");
                let author = Voice::Agent(petr());
                tx.add_message(
                    &key,
                    &Message { author, at, ..store_samples::message(Kind::Reply, "Taip.") },
                )?;
                store_samples::write(tx, None, &ticket)?;
                let solved = Ticket {
                    state: State::Resolved {
                        at,
                        closes_at: "2100-01-01T00:00:00Z".parse().expect("an instant"),
                    },
                    ..ticket.clone()
                };
                tx.save(&solved, solved.wake())?;
                let entry = store_samples::entry(Some(&ticket), &solved);
                tx.add_entry(&key, &maildesk::domain::thread::Entry { at, ..entry })?;
            }
            Ok(())
        })
        .expect("written");
    folder
}

/// Tables of the desk stand behind its own keys.
fn reordered(settings: &str) -> String {
    let (head, rest) = settings.split_once("[desk.calendars.office]").expect("a calendar");
    let (tables, keys) = rest.split_once("address =").expect("the desk's own keys");
    let (keys, agents) = keys.split_once("[desk.agents.petr]").expect("agents");
    format!("{head}address ={keys}[desk.calendars.office]{tables}\n[desk.agents.petr]{agents}")
}

fn petr() -> AgentId {
    AgentId("petr".into())
}

const FEBRUARY: [&str; 4] = ["--from", "2026-02-01", "--to", "2026-02-28"];

#[test]
fn the_journal_is_listed_and_corrected() {
    let folder = february();
    let journal = |words: &[&str]| folder.run(&[&["journal"], words, &FEBRUARY].concat()).ok();
    assert_eq!(
        journal(&["--client", "upė"]),
        "KL-3107\t1\t2026-02-10\tPetr Novák\t0:45\tUAB „Upė“\t=1+1; Spausdintuvas\t\tDarbas 1\n\
         KL-3107\t2\t2026-02-10\tPetr Novák\t0:45\tUAB „Upė“\t=1+1; Spausdintuvas\t\tDarbas 2\n"
    );
    assert_eq!(journal(&[]).lines().count(), 3);
    let (code, said) = folder.run(&["journal", "correct", "KL-3107", "7", "0:20"]).failed();
    assert_eq!((code, said.trim()), (1, "maildesk: the journal of KL-3107 has no row 7"));
    let words = ["journal", "correct", "KL-3107", "2", "0:30", "--mode", "visit", "--as", "petr"];
    assert_eq!(folder.run(&words).ok(), "KL-3107 row 3 for 2: 0:30\n");
    let csv = journal(&["--csv", "--client", "301"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "ticket,row,corrects,requested_on,client,contact,problem,consultant,done_on,spent,mode,work"
    );
    assert_eq!(
        lines[3],
        "KL-3107,3,2,2026-02-10,UAB „Upė“,Ona Onaitė,'=1+1; Spausdintuvas,Petr Novák,2026-02-10,-0:15,visit,Darbas 2"
    );
    assert_eq!(folder.json(&["doctor"])["faults"], serde_json::json!([]));
}

#[test]
fn a_statement_shows_what_a_period_comes_to() {
    let folder = february();
    let told = folder.run(&["statement", "301", "2026-02"]).ok();
    for part in [
        "UAB „Upė“ (301), 2026-02-01 to 2026-02-28",
        "time      1:30",
        "beyond    0:30",
        "net       30.00 EUR",
        "total     36.30 EUR",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let document = folder.json(&["statement", "ona@upe.example", "2026-Q1"]);
    assert_eq!(document["sums"]["minutes_included"], 60);
    assert_eq!(document["rows"].as_array().map(Vec::len), Some(2));
    assert!(
        folder.run(&["statement", "301", "2026-01", "--csv"]).ok().lines().count() == 1,
        "the heading alone"
    );
    assert_eq!(folder.run(&["statement", "nobody", "2026-01"]).code, 64);
    assert_eq!(folder.run(&["statement", "301", "lately"]).code, 64);
}

#[test]
fn bills_are_tried_written_and_listed() {
    let folder = february();
    let dry = folder.run(&["bill", "2026-02", "--dry-run"]);
    assert_eq!(dry.code, 1, "somebody has no address");
    assert_eq!(
        dry.out,
        "-\tUAB „Upė“\t2026-02\t0:30\t30.00 EUR\t6.30 EUR\t36.30 EUR\toffice@upe.example\n\
         -\tMB Be adreso\t2026-02\t0:30\t35.00 EUR\t7.35 EUR\t42.35 EUR\tno address: not billed\n"
    );
    assert_eq!(folder.run(&["bill", "--list"]).ok(), "");
    let done = folder.run(&["bill", "2026-02"]);
    assert_eq!(done.out.lines().next().map(|line| &line[..1]), Some("1"), "{}", done.out);
    assert_eq!(folder.run(&["bill", "2026-02"]).out.lines().count(), 1, "only who has no address is left");
    let listed = folder.json(&["bill", "--list"]);
    assert_eq!((&listed[0]["client"], &listed[0]["total"]["cents"]), (&"301".into(), &3630.into()));
    let letters = folder.json(&["outbox", "list"]);
    assert_eq!(
        (&letters[0]["purpose"], &letters[0]["recipient"]),
        (&"invoice_notice".into(), &"office@upe.example".into())
    );
    let (code, said) = folder.run(&["bill", "2026-02-03"]).failed();
    assert!(code == 1 && said.contains("a month or a quarter"), "{code} {said}");
    assert!(folder.run(&["bill", "2999-01"]).failed().1.contains("not over"));
}

#[test]
fn a_report_counts_in_three_forms() {
    let folder = february();
    let report = |words: &[&str]| folder.run(&[&["report"], words, &FEBRUARY].concat()).ok();
    let told = report(&[]);
    for part in [
        "Example support: received 2026-02-01 00:00 to 2026-03-01 00:00",
        "all",
        "1:30",
        "2026-02",
        "resolved            2",
        "answers             2 on 1 days, 2.0 a day",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let csv = report(&["--format", "csv"]);
    assert!(
        csv.lines().nth(1).is_some_and(|line| line.starts_with("all,,2,2,2,90,90,90,90,0,0,0,0,,120")),
        "{csv}"
    );
    assert!(csv.contains("\r\nclient,301,1,1,1,"), "{csv}");
    let document: serde_json::Value = serde_json::from_str(&report(&["--format", "json"])).expect("JSON");
    assert_eq!(document["all"]["answer_minutes"]["median"], 90);
    assert_eq!(document["groups"]["month"]["2026-02"]["tickets"], 2);
    assert_eq!(document["answered"]["2026-02-10"], 2);
    let none = folder.json(&["report", "--from", "2025-01-01", "--to", "2025-01-31"]);
    assert_eq!((&none["all"]["tickets"], &none["pending"][0]["count"]), (&0.into(), &2.into()));
}

#[test]
fn people_are_shown_as_the_configuration_has_them() {
    let folder = february();
    assert_eq!(
        folder.run(&["client", "list"]).ok(),
        "301\tUAB „Upė“\tA-17\tupe.example\tOna Onaitė\n302\tMB Be adreso\t\t\t\n"
    );
    let shown = folder.run(&["client", "show", "upe"]).ok();
    assert!(shown.contains("contact      Ona Onaitė <ona@upe.example>, may ask for statements\n"), "{shown}");
    assert!(
        shown.contains("included     1:00 a month\n") && shown.contains("beyond       60.00 EUR an hour\n"),
        "{shown}"
    );
    assert_eq!(folder.json(&["contract", "show", "a-17"])["client"], "UAB „Upė“");
    assert_eq!(folder.run(&["contract", "list"]).ok().lines().count(), 1);
    assert_eq!(folder.json(&["agent", "show", "Petr Novak"])["id"], "petr");
    assert_eq!(folder.json(&["agent", "list"]).as_array().map(Vec::len), Some(2));
    assert_eq!(folder.run(&["client", "show", "nobody"]).code, 64);
}

#[test]
fn a_deadline_is_reckoned_step_by_step() {
    let folder = february();
    let told = folder.run(&["deadline", "desk", "2026-03-10 14:20"]).ok();
    assert_eq!(
        told,
        "received    Tue 2026-03-10 14:20 +02:00\n\n\
         answer      4h of calendar office: due Thu 2026-03-12 09:20 +02:00\n  \
         Tue 2026-03-10  08:00-17:00                                   2:40  left 1:20\n  \
         Wed 2026-03-11  closed (Day of Restoration of Independence)   0:00  left 1:20\n  \
         Thu 2026-03-12  08:00-17:00                                   1:20  left 0:00\n\n\
         solution    2wd of calendar office: due Fri 2026-03-13 17:00 +02:00\n  \
         Tue 2026-03-10  08:00-17:00\n  \
         Wed 2026-03-11  closed (Day of Restoration of Independence)\n  \
         Thu 2026-03-12  08:00-17:00\n  \
         Fri 2026-03-13  08:00-17:00\n"
    );
    let document = folder.json(&["deadline", "desk", "2026-03-10 14:20", "A-17"]);
    assert_eq!(document[0]["due"], "2026-03-12T07:20:00Z");
    for wrong in
        [&["desk", "2026-03-10", "Gold"][..], &["desk", "soon"], &["desk", "2026-03-10", "--severity", "odd"]]
    {
        assert_eq!(folder.run(&[&["deadline"], wrong].concat()).code, 64, "{wrong:?}");
    }
}
