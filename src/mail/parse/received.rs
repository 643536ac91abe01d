//! When the server that wrote the topmost trace line took a mail in (RFC 5321, section 4.4).

use jiff::Timestamp;

use super::date;
use super::head::{Head, block_end};

/// The date of the topmost Received field, where there is one that can be read. Whoever stands before us wrote it:
/// it is to be believed as far as he is.
pub fn topmost(bytes: &[u8]) -> Option<Timestamp> {
    let (end, _) = block_end(bytes, 0);
    let head = Head::read(&bytes[..end], HEADER_BYTES_MAX, FIELDS_MAX);
    let value = String::from_utf8_lossy(head.raw("received")?).into_owned();
    date(value.rsplit_once(';')?.1.trim())
}

/// The line stands at the top or not at all.
const HEADER_BYTES_MAX: usize = 64 * 1024;
const FIELDS_MAX: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topmost_line_tells_when_the_last_server_took_it() {
        let mail = "Return-Path: <ona@client.example>\r\n\
                    Received: from a by b (Postfix; x) with ESMTP id 1\r\n\tfor <s@desk.example>;\r\n\tMon, 2 Mar 2026 09:12:00 +0200 (EET)\r\n\
                    Received: from c by a; Mon, 2 Mar 2026 08:00:00 +0200\r\n\
                    Subject: x\r\n\r\nReceived: none\r\n";
        let at = topmost(mail.as_bytes()).expect("a date");
        assert_eq!(at.to_string(), "2026-03-02T07:12:00Z");
        for none in ["", "Subject: x\r\n\r\nbody", "Received: by b; soon\r\n\r\n", "Received: by b\r\n\r\n"] {
            assert_eq!(topmost(none.as_bytes()), None, "{none:?}");
        }
    }
}
