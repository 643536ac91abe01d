//! The machine's part of a delivery report (RFC 3464, section 2): groups of fields, one group a recipient.

use super::RECIPIENTS_MAX;
use crate::domain::address::Address;
use crate::domain::message::{Fate, Reported};
use crate::mail::parse::head::Head;
use crate::mail::parse::mailbox;
use crate::mail::parse::tree::Tree;

/// Recipients of all status parts, at most [`RECIPIENTS_MAX`]; where there is no such part, of status fields that stand in
/// the text.
pub fn read(tree: &Tree<'_>) -> Vec<Reported> {
    let is_status = |main: &str| matches!(main, "message/delivery-status" | "message/global-delivery-status");
    let mut found = Vec::new();
    for part in tree.parts.iter().filter(|p| is_status(&p.content.main)) {
        groups(&part.decoded(), &mut found);
    }
    if found.is_empty() {
        for part in tree.parts.iter().filter(|p| p.content.main.starts_with("text/plain")) {
            groups(&part.decoded(), &mut found);
        }
    }
    found
}

/// Reads the groups between empty lines.
fn groups(bytes: &[u8], found: &mut Vec<Reported>) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 20)]).replace("\r\n", "\n");
    for group in text.split("\n\n") {
        // Each is compared with those before it.
        if found.len() >= RECIPIENTS_MAX {
            return;
        }
        let head = Head::read(group.as_bytes(), 1 << 16, 200);
        if let Some(reported) = recipient(&head)
            && !found.iter().any(|f| f.address == reported.address)
        {
            found.push(reported);
        }
    }
}

fn recipient(head: &Head<'_>) -> Option<Reported> {
    let address = ["final-recipient", "original-recipient", "x-actual-recipient"]
        .iter()
        .filter_map(|name| head.plain(name))
        .find_map(|value| typed_address(&value))?;
    let diagnostic = head.plain("diagnostic-code").unwrap_or_default();
    let diagnostic = match diagnostic.split_once(';') {
        Some((kind, words)) if kind.trim().len() < 20 => words.trim().to_owned(),
        _ => diagnostic,
    };
    let status = head.plain("status").and_then(|v| enhanced(&v)).filter(|s| !s.ends_with(".0.0"));
    let status =
        status.or_else(|| enhanced(&diagnostic)).or_else(|| head.plain("status").and_then(|v| enhanced(&v)));
    let action = head.plain("action").unwrap_or_default().to_ascii_lowercase();
    Some(Reported { address, fate: fate(&action, status.as_deref(), &diagnostic), status, diagnostic })
}

/// `rfc822; ona@client.example`, with or without brackets.
fn typed_address(value: &str) -> Option<Address> {
    let bare = value.split_once(';').map_or(value, |(_, address)| address).trim();
    let bare = bare.trim_matches(['<', '>', '"', '\'']);
    Address::parse(bare).or_else(|| mailbox::bare(bare.as_bytes()))
}

/// What `Action` means; where it is missing, the class of the code.
pub fn fate(action: &str, status: Option<&str>, diagnostic: &str) -> Fate {
    let class = status.or(Some(diagnostic)).and_then(|s| s.trim_start().chars().next());
    let action = action.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    match (action, class) {
        ("delayed", _) => Fate::Delayed,
        ("delivered" | "relayed" | "expanded", _) => Fate::Delivered,
        (_, Some('4')) => Fate::FailedForNow,
        ("", Some('2')) => Fate::Delivered,
        _ => Fate::Failed,
    }
}

/// The first enhanced status code (RFC 3463) in a text.
pub fn enhanced(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for start in 0..bytes.len() {
        if !matches!(bytes[start], b'2' | b'4' | b'5')
            || start > 0 && (bytes[start - 1].is_ascii_digit() || bytes[start - 1] == b'.')
        {
            continue;
        }
        let run = bytes[start..].iter().take(9).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
        let mut code = &text[start..start + run];
        code = code.trim_end_matches('.');
        let parts: Vec<&str> = code.split('.').collect();
        let sound =
            parts.len() == 3 && parts[0].len() == 1 && parts.iter().all(|p| !p.is_empty() && p.len() <= 3);
        if sound {
            return Some(code.to_owned());
        }
    }
    None
}
