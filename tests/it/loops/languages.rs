//! Absence and thanks in seven languages, of which the program writes five: neither reopens anything, neither is answered.

use jiff::SignedDuration;
use maildesk::domain::ticket::{State, Status, Ticket};
use serde_json::json;

use crate::support::bench::{Bench, Out, monday, small_desk};

/// Language, beginning of the subject of an absence note, its text; mails of thanks; mails that are more than thanks.
type Spoken = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const SPOKEN: &[Spoken] = &[
    (
        "lt",
        "Automatinis atsakymas",
        "Šiuo metu atostogauju ir grįšiu kovo 20 d.",
        &[
            "Ačiū!",
            "Labai ačiū už pagalbą, viskas veikia.",
            "Laba diena,\n\ndėkui už greitą atsakymą.\n\nPagarbiai\nAlice",
        ],
        &["Ačiū, bet kranas vis tiek neveikia.", "Ačiū! O kada atvažiuosite?"],
    ),
    (
        "lv",
        "Automātiska atbilde",
        "Esmu atvaļinājumā līdz 20. martam.",
        &[
            "Paldies!",
            "Liels paldies par palīdzību, viss strādā.",
            "Labdien,\n\npaldies par ātro atbildi.\n\nAr cieņu\nAlice",
        ],
        &["Paldies, bet krāns joprojām nestrādā.", "Paldies! Kad jūs atbrauksiet?"],
    ),
    (
        "ru",
        "Автоматический ответ",
        "Я в отпуске до 20 марта.",
        &[
            "Спасибо!",
            "Большое спасибо за помощь, всё работает.",
            "Добрый день,\n\nспасибо за быстрый ответ.\n\nС уважением\nAlice",
        ],
        &["Спасибо, но кран всё равно не работает.", "Спасибо! А когда вы приедете?"],
    ),
    (
        "cs",
        "Automatická odpověď",
        "Do 20. března mám dovolenou.",
        &[
            "Děkuji!",
            "Moc děkuji za pomoc, vše funguje.",
            "Dobrý den,\n\nděkuji za rychlou odpověď.\n\nS pozdravem\nAlice",
        ],
        &["Děkuji, ale jeřáb pořád nefunguje.", "Děkuji! Kdy přijedete?"],
    ),
    (
        "en",
        "Automatic reply",
        "I am out of the office until 20 March.",
        &[
            "Thanks!",
            "Many thanks for your help, everything works.",
            "Hello,\n\nthank you for the quick reply.\n\nBest regards\nAlice",
        ],
        &["Thanks, but the crane still does not start.", "Thanks, one more thing: the lamp is broken too."],
    ),
    (
        "de",
        "Abwesenheitsnotiz",
        "Ich bin bis zum 20. März nicht im Büro.",
        &[
            "Danke!",
            "Vielen Dank für die schnelle Hilfe, alles funktioniert.",
            "Guten Tag,\n\nvielen Dank für Ihre Hilfe.\n\nMit freundlichen Grüßen\nAlice",
        ],
        &["Danke, aber der Kran steht immer noch.", "Danke! Wann kommen Sie?"],
    ),
    (
        "pl",
        "Odpowiedź automatyczna",
        "Jestem na urlopie do 20 marca.",
        &[
            "Dziękuję!",
            "Bardzo dziękuję za pomoc, wszystko działa.",
            "Dzień dobry,\n\ndziękuję za szybką odpowiedź.\n\nPozdrawiam\nAlice",
        ],
        &["Dziękuję, ale dźwig nadal nie działa.", "Dziękuję! Kiedy państwo przyjadą?"],
    ),
];

const ALICE: &str = "Alice Brown <alice@boatyard.example.test>";

/// Alice's request, which Ona has resolved (or asked about).
struct Matter {
    bench: Bench,
    letters: Vec<Out>,
    mails: usize,
}

impl Matter {
    fn new(answer: &str) -> Matter {
        let mut matter =
            Matter { bench: Bench::new(small_desk(&json!({})), monday()), letters: Vec::new(), mails: 0 };
        matter.write(
            ALICE,
            "help@harbour.example.test",
            "The crane",
            "",
            "The crane on pier two does not start.",
        );
        let ona = matter.token("ona@harbour.example.test");
        matter.write("Ona Petraitė <ona@harbour.example.test>", &ona, "Re: [H-101] The crane", "", answer);
        matter
    }

    /// What a mail causes.
    fn write(&mut self, from: &str, to: &str, subject: &str, further: &str, text: &str) -> Vec<String> {
        self.mails += 1;
        self.bench.pass(SignedDuration::from_mins(30));
        let id = self.mails;
        let raw = format!(
            "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}@w.example.test>\nContent-Type: text/plain; charset=utf-8\n{further}\n{text}\n"
        );
        self.bench.take_in(raw.replace('\n', "\r\n").as_bytes());
        let letters = self.bench.letters();
        let told = letters.iter().map(|out| out.purpose.clone()).collect();
        self.letters.extend(letters);
        told
    }

    fn token(&self, of: &str) -> String {
        let letter = self.letters.iter().rev().find(|out| out.to.as_str() == of).expect("a letter");
        letter.read.reply_to.as_ref().expect("a Reply-To").address.to_string()
    }

    fn ticket(&mut self) -> Ticket {
        self.bench.ticket(101).expect("the ticket").0
    }
}

/// (B14, B15)
#[test]
fn an_absence_note_in_any_language_reopens_nothing_and_moves_no_clock() {
    for (lang, subject, text, ..) in SPOKEN {
        for answer in ["#resolve\nThe fuse was replaced.", "#wait\nWhich crane is it?"] {
            for further in ["", "Auto-Submitted: auto-replied\n", "X-Autoreply: yes\n"] {
                let mut matter = Matter::new(answer);
                let before = matter.ticket();
                let to = matter.token("alice@boatyard.example.test");
                let told = matter.write(ALICE, &to, &format!("{subject}: [H-101] The crane"), further, text);
                assert_eq!(told, Vec::<String>::new(), "{lang}, {further:?}: nobody is written to");
                let after = matter.ticket();
                assert_eq!(
                    (after.state, after.messages),
                    (before.state.clone(), before.messages),
                    "{lang}, {further:?}"
                );
                if let State::Resolved { closes_at, .. } = before.state {
                    matter.bench.pass_to(closes_at);
                    assert_eq!(
                        matter.ticket().status(),
                        Status::Closed,
                        "{lang}: it closes when it would have closed"
                    );
                }
            }
        }
    }
}

/// (B14) A request that is titled like an absence note, and refers to nothing of ours, is a request.
#[test]
fn a_request_about_absence_notes_is_a_request_in_any_language() {
    for (lang, subject, ..) in SPOKEN {
        let mut bench = Bench::new(small_desk(&json!({})), monday());
        let raw = format!(
            "From: zoe@genuine.example.test\r\nTo: help@harbour.example.test\r\nSubject: {subject} 404\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nHow do I switch it on in your system, please?\r\n"
        );
        bench.take_in(raw.as_bytes());
        let told: Vec<String> = bench.letters().into_iter().map(|out| out.purpose).collect();
        assert_eq!(told, ["ack", "agent_new"], "{lang}");
    }
}

/// (B16)
#[test]
fn thanks_in_any_language_reopen_nothing_and_more_than_thanks_does() {
    let mut wrong = Vec::new();
    for (lang, _, _, thanks, more) in SPOKEN {
        for (texts, stays) in [(thanks, true), (more, false)] {
            for text in *texts {
                let mut matter = Matter::new("#resolve\nThe fuse was replaced.");
                let to = matter.token("alice@boatyard.example.test");
                matter.write(ALICE, &to, "Re: [H-101] The crane", "", text);
                let status = matter.ticket().status();
                if (status == Status::Resolved) != stays {
                    wrong.push(format!("{lang}: {text:?} leaves it {}", status.word()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
