//! Mails: the structure, the charsets, HTML.

use maildesk::domain::message::{Attachment, Incoming, Sender};
use maildesk::mail::parse::{Limits, digest, mailbox, parse, part, word};
use maildesk::mail::{charset, html};

/// Any bytes are a mail within its limits, whose fields are clean, and whose files are found again.
pub fn holds(bytes: &[u8]) {
    let usual = Limits::default();
    let mail = read(bytes, &usual);
    assert_eq!(mail, parse(bytes, &usual), "read twice, it is another mail");
    for file in &mail.attachments {
        is_found_again(file, bytes);
    }
    let tight = Limits {
        mail_bytes: 64 << 10,
        header_bytes: 512,
        header_fields: 8,
        parts: 6,
        depth: 3,
        addresses: 4,
        attachments: 2,
        text_bytes: 200,
    };
    let short = read(bytes, &tight);
    assert_eq!((short.raw, short.size_bytes), (mail.raw, mail.size_bytes));
    page(&String::from_utf8_lossy(bytes));
    charsets(bytes);
    words(bytes);
    super::grown(bytes, |big| {
        parse(big, &usual);
        html::to_text(&String::from_utf8_lossy(big));
    });
}

fn read(bytes: &[u8], limits: &Limits) -> Incoming {
    let mail = parse(bytes, limits);
    assert_eq!(mail.raw, digest::of(bytes));
    assert_eq!(mail.size_bytes, bytes.len() as u64);
    assert!(mail.text.len() <= limits.text_bytes, "{} bytes of text", mail.text.len());
    assert!(mail.to.len() + mail.cc.len() <= limits.addresses);
    assert!(mail.attachments.len() <= limits.attachments);
    assert!(mail.attachments.iter().all(|file| (file.part as usize) < limits.parts));
    assert!(mail.subject.chars().count() <= 2_000);
    assert!(mail.defects.len() <= 64, "{:?}", mail.defects);
    is_text(&mail.text);
    for line in lines(&mail) {
        assert!(super::is_one_line(line), "{line:?}");
    }
    mail.attachments.iter().for_each(is_safe);
    mail
}

/// LF line ends, tabs, and otherwise nothing but what shows.
fn is_text(text: &str) {
    assert!(!text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "{text:?}");
    assert!(!text.contains('\u{feff}') && !text.starts_with('\n') && text.trim_end() == text, "{text:?}");
}

/// What may reach a header, a log or a list.
fn lines(mail: &Incoming) -> Vec<&str> {
    let mut lines = vec![mail.subject.as_str()];
    lines.extend(mail.message_id.as_deref());
    lines.extend(mail.in_reply_to.iter().chain(&mail.references).map(String::as_str));
    lines.extend(mail.to.iter().chain(&mail.cc).chain(&mail.reply_to).map(|person| person.name.as_str()));
    lines.extend(match &mail.from {
        Sender::Known(person) => [person.name.as_str(), person.address.as_str()],
        Sender::Unreadable(why) => [why.as_str(), ""],
    });
    lines.extend(mail.machine.marks.iter().chain(&mail.machine.suppress).map(String::as_str));
    lines.extend(mail.authentication.iter().chain(&mail.instances).chain(&mail.spam).map(String::as_str));
    for file in &mail.attachments {
        lines.extend([file.name.as_str(), file.content_type.as_str()]);
        lines.extend(file.content_id.as_deref());
    }
    lines
}

/// A name that can be written anywhere: no way to another folder, nothing that a shell or a system takes for itself.
fn is_safe(file: &Attachment) {
    let name = file.name.as_str();
    assert!(!name.is_empty() && name.len() <= 204, "{name:?}");
    assert!(!name.contains(['/', '\\', ':', '<', '>', '"', '|', '?', '*']), "{name:?}");
    assert!(!matches!(name, "." | "..") && name.trim() == name, "{name:?}");
}

fn is_found_again(file: &Attachment, bytes: &[u8]) {
    let found = part(bytes, file.part).expect("a part that the mail has");
    assert_eq!((found.len() as u64, digest::of(&found)), (file.size_bytes, file.hash), "part {}", file.part);
}

/// A page gives a text that is not much longer than it.
fn page(page: &str) {
    let text = html::to_text(page);
    // `<br>` within nine quotations gives nine marks and a line end.
    assert!(text.len() <= page.len() * 6 + 64, "{} bytes from {}", text.len(), page.len());
    html::pictures(page);
}

/// Bytes in any charset give a text, and none where there are none.
fn charsets(bytes: &[u8]) {
    const LABELS: [&str; 16] = [
        "",
        "utf-8",
        "us-ascii",
        "windows-1257",
        "windows-1251",
        "koi8-r",
        "iso-8859-2",
        "iso-8859-13",
        "cp866",
        "utf-7",
        "utf-16le",
        "gb18030",
        "iso-2022-jp",
        "shift_jis",
        "euc-kr",
        "nonsense",
    ];
    let Some((first, rest)) = bytes.split_first() else { return };
    let label = LABELS[usize::from(*first) % LABELS.len()];
    let text = charset::decode(rest, Some(label), Some("lt")).text;
    assert!(text.len() <= rest.len() * 3 + 3, "{label}: {} bytes from {}", text.len(), rest.len());
}

/// Header words and addresses come out on one line.
fn words(bytes: &[u8]) {
    let shown = word::decode(bytes, None);
    assert!(super::is_one_line(&shown), "{shown:?}");
    let (people, _) = mailbox::list(bytes, 50);
    assert!(people.len() <= 50);
    for person in people.iter().filter_map(mailbox::Entry::mailbox) {
        assert!(super::is_one_line(&person.name), "{:?}", person.name);
        assert!(!person.address.as_str().contains(['<', '>', ',', ' ', '\n']), "{}", person.address);
    }
}
