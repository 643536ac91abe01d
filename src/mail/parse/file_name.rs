//! Attachment names that are safe wherever they are written.

use crate::domain::address::is_invisible;

/// Longest name in bytes, as file systems have it with room for a number.
const BYTES_MAX: usize = 200;

/// A safe base name: no folders, no controls, no direction marks, no names that Windows reserves.
/// `None` where nothing is left of it.
pub fn safe(name: &str) -> Option<String> {
    let base = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty())?;
    let clean: String = base
        .chars()
        .filter(|c| !is_invisible(*c) && !c.is_control())
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim().trim_end_matches(['.', ' ']).trim_start_matches("..").trim();
    if clean.is_empty() || clean.chars().all(|c| matches!(c, '.' | '_' | ' ')) {
        return None;
    }
    let stem = clean.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.as_bytes()[3].is_ascii_digit();
    Some(shortened(&if device { format!("_{clean}") } else { clean.to_owned() }))
}

/// Cuts the stem, keeps the extension.
fn shortened(name: &str) -> String {
    if name.len() <= BYTES_MAX {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 20 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let mut end = BYTES_MAX - extension.len();
    end = end.min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem[..end].trim_end_matches([' ', '.']))
}

/// A name for part `number` that brought none, by its type.
pub fn invented(content_type: &str, number: u32) -> String {
    let extension = match content_type {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "message/rfc822" => "eml",
        "application/pgp-signature" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/ms-tnef" => "dat",
        _ => "bin",
    };
    format!("part-{number}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_letters_stay() {
        for (name, expected) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\dir\\Счёт № 12.pdf", Some("Счёт № 12.pdf")),
            ("invoice\u{202e}fdp.exe", Some("invoicefdp.exe")),
            ("a\r\nb.txt", Some("ab.txt")),
            ("CON", Some("_CON")),
            ("com1.txt", Some("_com1.txt")),
            ("..", None),
            ("", None),
            ("a?.txt", Some("a_.txt")),
            ("name. ", Some("name")),
        ] {
            assert_eq!(safe(name).as_deref(), expected, "{name}");
        }
        let long = format!("{}.pdf", "ą".repeat(300));
        let short = safe(&long).expect("a name");
        assert!(short.len() <= BYTES_MAX && short.ends_with("ą.pdf"));
        let cut_at_a_blank = format!("{} b", "a".repeat(BYTES_MAX - 1));
        assert_eq!(safe(&cut_at_a_blank), Some("a".repeat(BYTES_MAX - 1)), "no blank at its end");
    }
}
