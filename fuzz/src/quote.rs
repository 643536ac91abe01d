//! Replies: new text, quotation, signature, forwarded mails.

use maildesk::mail::quote::{self, Split};

/// Nothing is made up and nothing is said twice: the parts are lines of the text, in its order, and where nothing was quoted
/// all of them are there.
pub fn holds(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let mut parts = input.split('\0');
    let text = parts.next().unwrap_or_default();
    let ours: Vec<&str> = parts.take(3).collect();
    stands(text, &quote::split(text, None));
    stands(text, &quote::split(text, Some(&ours)));
    for names in [&["Ona Onaitė"][..], &["Tomas", "T. Grigas"]] {
        signed(text, names);
    }
    super::grown(text.as_bytes(), |big| {
        let big = String::from_utf8_lossy(big);
        quote::split(&big, Some(&[text]));
    });
}

/// The lines with something in them, without the blanks behind it.
fn filled(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn stands(text: &str, split: &Split) {
    let forwarded = split.forwarded.as_ref();
    let parts = [&*split.new, &*split.signature, forwarded.map_or("", |mail| &mail.text)];
    for part in parts {
        let mut all = filled(text);
        for line in filled(part) {
            assert!(all.any(|other| other == line), "{line:?} of {part:?} is not there, or not in its place");
        }
        assert_eq!(part.trim_matches(['\n', ' ']), part, "blank lines at its ends");
        assert!(part.len() <= text.len() + 2 * text.lines().count());
    }
    let (all, new, signature) =
        (filled(text).count(), filled(&split.new).count(), filled(&split.signature).count());
    assert!(new + signature <= all, "something is said twice");
    if let Some(from) = split.quoted_from {
        assert!(from < text.lines().count());
        let above: Vec<&str> = text.lines().take(from).collect();
        assert!(
            new + signature + dropped(&above) >= filled(&above.join("\n")).count(),
            "lost above a quotation"
        );
    } else {
        let lines: Vec<&str> = text.lines().collect();
        assert!(new + signature + dropped(&lines) >= all, "{} of {all} lines are left", new + signature);
    }
    if let Some(mail) = forwarded {
        assert!(!mail.original_sender.contains('\n') && !mail.subject.contains('\n'));
        assert!(filled(&mail.text).count() <= new, "what is forwarded is part of what is new");
    }
}

/// How many of these lines programs add, as telephones, lists and signature marks do.
fn dropped(lines: &[&str]) -> usize {
    let telephone =
        |line: &&&str| line.split_whitespace().count() <= 10 && quote::markers::says_sent_from(&bare(line));
    // A rule above, or a list's footer of up to eight lines.
    2 * lines.iter().filter(telephone).count()
        + 8
        + lines.iter().filter(|line| line.trim().trim_end_matches('\u{a0}') == "--").count()
}

fn bare(line: &str) -> String {
    let lower = line.trim().to_lowercase().replace(['*', '\u{200e}'], "");
    let lower = lower.replace(['\u{a0}', '\u{202f}', '\t'], " ");
    lower.trim().trim_start_matches(['-', '—', '–', '_', '[', '(', '~', ' ']).to_owned()
}

/// Only lines at the end go with the writer's own name.
fn signed(text: &str, names: &[&str]) {
    let kept = quote::without_own_name(text, names);
    let all: Vec<&str> = text.trim_end().lines().collect();
    let left: Vec<&str> = kept.lines().collect();
    assert!(left.len() <= all.len());
    assert!(left.iter().zip(&all).all(|(kept, line)| kept.trim_end() == line.trim_end()), "{kept:?}");
    assert_eq!(quote::without_own_name(&kept, &[]), kept);
}
