//! The story as data: who does what when, and what must come of it.

use super::calendar::{Moment, at};
use super::cast::Role;
use super::lines::{Folder, Printer, folder, printer};
use crate::domain::ticket::{Number, Status};

/// A week at the desk.
#[derive(Clone, Debug)]
pub struct Story {
    pub acts: Vec<Act>,
}

/// A part with a title of its own.
#[derive(Clone, Debug)]
pub struct Act {
    pub title: String,
    pub scenes: Vec<Scene>,
}

/// One thing that happens, and all that follows from it before the next.
#[derive(Clone, Debug)]
pub struct Scene {
    pub at: Moment,
    /// One sentence for the audience.
    pub told: String,
    pub deed: Deed,
    pub expect: Expect,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Writes a new mail to the desk.
    Writes { who: Role, subject: String, text: String },
    /// Answers the newest letter of this kind about this ticket in his own mailbox, as mail programs do.
    Answers { who: Role, letter: Found, text: String },
    /// His mail program answers that letter by itself.
    IsAway { who: Role, letter: Found, prefix: String, text: String },
    /// Nobody writes: the clock goes on.
    Waits,
}

/// By what somebody finds a letter in his mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub ticket: Number,
    /// The template's name.
    pub purpose: &'static str,
}

/// What must come of a scene: these letters and no other, and these tickets.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    pub letters: Vec<Letter>,
    pub tickets: Vec<Promise>,
}

/// A letter that must arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub to: Role,
    /// The template's name.
    pub purpose: &'static str,
    /// Words in its text.
    pub says: String,
}

/// How a ticket must stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    pub number: Number,
    pub status: Status,
    pub assignee: Option<Role>,
    /// When its solution is due.
    pub due: Moment,
}

/// The week, with the first client writing in `language`.
pub fn story(language: &str) -> Story {
    let printer = printer(language);
    let folder = folder(printer);
    let acts = vec![
        registered(printer),
        answered(printer),
        second(folder),
        resolved(printer),
        reopened(printer),
        away(printer),
        closed(printer, folder),
    ];
    Story { acts }
}

/// The printer's ticket, and when it is due: eight working hours over holiday and weekend, and again after the
/// objection.
const PRINTER: Number = 1;
const PRINTER_DUE: Moment = at(4, 14, 10);
const PRINTER_DUE_AGAIN: Moment = at(5, 10, 5);
const FOLDER: Number = 2;
const FOLDER_DUE: Moment = at(4, 16, 40);

fn registered(p: &Printer) -> Act {
    let who = p.client;
    let scene = Scene {
        at: at(0, 15, 10),
        told: format!(
            "{} writes in {}: the printer in accounts has stopped, and invoices have to go out. Tomorrow is a \
             holiday, then comes the weekend: eight working hours end on Monday.",
            who.called(),
            p.language
        ),
        deed: Deed::Writes { who, subject: p.subject.to_owned(), text: p.request.to_owned() },
        expect: Expect {
            letters: vec![
                letter(who, "ack", &clock(p.language, PRINTER_DUE)),
                letter(Role::Petr, "agent_new", p.subject),
                letter(Role::Eva, "agent_new", p.subject),
            ],
            tickets: vec![ticket(PRINTER, Status::New, None, PRINTER_DUE)],
        },
    };
    act("A request is acknowledged, with a number and a deadline", vec![scene])
}

fn answered(p: &Printer) -> Act {
    let standing = || vec![ticket(PRINTER, Status::Open, Some(Role::Petr), PRINTER_DUE)];
    let answer = Scene {
        at: at(0, 15, 45),
        told: "Petr answers the notification in his mail program; its reply address is signed and his alone. The \
               first answer takes the ticket."
            .to_owned(),
        deed: Deed::Answers { who: Role::Petr, letter: of(PRINTER, "agent_new"), text: p.answer.to_owned() },
        expect: Expect { letters: vec![letter(p.client, "reply", p.answer)], tickets: standing() },
    };
    let text = "#note\nThe same model stopped last week on the third floor: it wants the new driver.";
    let note = Scene {
        at: at(0, 16, 20),
        told: format!("Eva leaves an internal note. Petr gets it; {} never will.", p.client.called()),
        deed: Deed::Answers { who: Role::Eva, letter: of(PRINTER, "agent_new"), text: text.to_owned() },
        expect: Expect {
            letters: vec![letter(Role::Petr, "agent_update", "the new driver")],
            tickets: standing(),
        },
    };
    act("Agents answer by mail, and talk among themselves", vec![answer, note])
}

fn second(f: &Folder) -> Act {
    let who = f.client;
    let request = Scene {
        at: at(4, 8, 40),
        told: format!("{} writes in {}: a shared folder does not open.", who.called(), f.language),
        deed: Deed::Writes { who, subject: f.subject.to_owned(), text: f.request.to_owned() },
        expect: Expect {
            letters: vec![
                letter(who, "ack", &clock(f.language, FOLDER_DUE)),
                letter(Role::Petr, "agent_new", f.subject),
                letter(Role::Eva, "agent_new", f.subject),
            ],
            tickets: vec![ticket(FOLDER, Status::New, None, FOLDER_DUE)],
        },
    };
    let solved = Scene {
        at: at(4, 9, 10),
        told: "Eva answers with two commands above her text: her time, and that it is resolved.".to_owned(),
        deed: Deed::Answers {
            who: Role::Eva,
            letter: of(FOLDER, "agent_new"),
            text: format!("#time 0:15\n#resolve\n{}", f.solved),
        },
        expect: Expect {
            letters: vec![letter(who, "resolved", f.solved)],
            tickets: vec![ticket(FOLDER, Status::Resolved, Some(Role::Eva), FOLDER_DUE)],
        },
    };
    let thanks = Scene {
        at: at(4, 9, 25),
        told: format!("{} says thank you, and that alone reopens nothing.", who.called()),
        deed: Deed::Answers { who, letter: of(FOLDER, "resolved"), text: f.thanks.to_owned() },
        expect: Expect {
            letters: Vec::new(),
            tickets: vec![ticket(FOLDER, Status::Resolved, Some(Role::Eva), FOLDER_DUE)],
        },
    };
    act("Another client, another language", vec![request, solved, thanks])
}

fn resolved(p: &Printer) -> Act {
    let scene = Scene {
        at: at(4, 9, 40),
        told: "Petr has installed the driver and resolves the first ticket.".to_owned(),
        deed: Deed::Answers {
            who: Role::Petr,
            letter: of(PRINTER, "agent_new"),
            text: format!("#time 0:45\n#resolve\n{}", p.solved),
        },
        expect: Expect {
            letters: vec![letter(p.client, "resolved", p.solved)],
            tickets: vec![ticket(PRINTER, Status::Resolved, Some(Role::Petr), PRINTER_DUE)],
        },
    };
    act("Resolved: silence will close it, a word will reopen it", vec![scene])
}

fn reopened(p: &Printer) -> Act {
    let standing = || vec![ticket(PRINTER, Status::Open, Some(Role::Petr), PRINTER_DUE_AGAIN)];
    let objection = Scene {
        at: at(4, 11, 5),
        told: format!(
            "{} replies: the invoices lack their second page. The promises start afresh.",
            p.client.called()
        ),
        deed: Deed::Answers { who: p.client, letter: of(PRINTER, "resolved"), text: p.broken.to_owned() },
        expect: Expect {
            letters: vec![
                letter(p.client, "reopened", &clock(p.language, PRINTER_DUE_AGAIN)),
                letter(Role::Petr, "agent_update", p.broken),
            ],
            tickets: standing(),
        },
    };
    let warning = Scene {
        at: at(4, 12, 35),
        told: "Nobody has answered yet: half an hour before the promise ends, Petr is warned.".to_owned(),
        deed: Deed::Waits,
        expect: Expect { letters: vec![letter(Role::Petr, "agent_warning", "0:30")], tickets: standing() },
    };
    act("The client's reply reopens it, and the clock watches", vec![objection, warning])
}

fn away(p: &Printer) -> Act {
    let standing = || vec![ticket(PRINTER, Status::Resolved, Some(Role::Petr), PRINTER_DUE_AGAIN)];
    let solved = Scene {
        at: at(4, 12, 50),
        told: "Petr resolves it once more.".to_owned(),
        deed: Deed::Answers {
            who: Role::Petr,
            letter: of(PRINTER, "agent_warning"),
            text: format!("#time 0:20\n#resolve\n{}", p.solved_again),
        },
        expect: Expect { letters: vec![letter(p.client, "resolved", p.solved_again)], tickets: standing() },
    };
    let note = Scene {
        at: at(4, 12, 51),
        told: format!(
            "{} is on holiday by now, and the mail program says so by itself. A machine's word reopens nothing, \
             and nothing is sent back.",
            p.client.called()
        ),
        deed: Deed::IsAway {
            who: p.client,
            letter: of(PRINTER, "resolved"),
            prefix: p.away_subject.to_owned(),
            text: p.away.to_owned(),
        },
        expect: Expect { letters: Vec::new(), tickets: standing() },
    };
    act("An out-of-office reply changes nothing", vec![solved, note])
}

fn closed(p: &Printer, f: &Folder) -> Act {
    let scene = Scene {
        at: at(7, 13, 0),
        told: "Three days without a word: both tickets close, and both clients are told.".to_owned(),
        deed: Deed::Waits,
        expect: Expect {
            letters: vec![
                letter(f.client, "closed_silence", "[#2]"),
                letter(p.client, "closed_silence", "[#1]"),
            ],
            tickets: vec![
                ticket(FOLDER, Status::Closed, Some(Role::Eva), FOLDER_DUE),
                ticket(PRINTER, Status::Closed, Some(Role::Petr), PRINTER_DUE_AGAIN),
            ],
        },
    };
    act("After three silent days it is closed", vec![scene])
}

/// The time of a moment as letters in this language write it.
fn clock(language: &str, moment: Moment) -> String {
    let mark = if language == "Latvian" { '.' } else { ':' };
    format!("{:02}{mark}{:02}", moment.hour, moment.minute)
}

fn act(title: &str, scenes: Vec<Scene>) -> Act {
    Act { title: title.to_owned(), scenes }
}

fn letter(to: Role, purpose: &'static str, says: &str) -> Letter {
    Letter { to, purpose, says: says.to_owned() }
}

fn of(ticket: Number, purpose: &'static str) -> Found {
    Found { ticket, purpose }
}

fn ticket(number: Number, status: Status, assignee: Option<Role>, due: Moment) -> Promise {
    Promise { number, status, assignee, due }
}
