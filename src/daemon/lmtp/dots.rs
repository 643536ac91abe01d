//! The bytes after DATA (RFC 5321, section 4.5.2): where they end, and which dots are not theirs.
//!
//! Only CR LF `.` CR LF ends a mail. A lone LF or CR is part of it, whatever stands beside it: servers that read more
//! into one can be made to see a second mail within the first.

/// Where we are in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Behind CR LF.
    Start,
    /// Behind a dot at the start; it is held back.
    Dot,
    /// Behind a dot at the start and CR; both are held back.
    DotCr,
    Middle,
    /// Behind CR.
    Cr,
}

/// Takes the dots out again.
#[derive(Debug)]
pub(super) struct Unstuffing(At);

impl Unstuffing {
    /// The line end of the DATA command counts: an empty mail is a dot at once (section 4.1.1.4).
    pub(super) fn new() -> Unstuffing {
        Unstuffing(At::Start)
    }

    /// Gives what belongs to the mail to `put`. At its end, how many of `bytes` are used up.
    pub(super) fn take(&mut self, bytes: &[u8], mut put: impl FnMut(&[u8])) -> Option<usize> {
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            self.0 = match (self.0, byte) {
                (At::Start, b'.') => {
                    put(&bytes[from..at]);
                    from = at + 1;
                    At::Dot
                }
                (At::Dot, b'\r') => {
                    from = at + 1;
                    At::DotCr
                }
                (At::DotCr, b'\n') => return Some(at + 1),
                (At::DotCr, other) => {
                    put(b"\r");
                    if *other == b'\r' { At::Cr } else { At::Middle }
                }
                (At::Cr, b'\n') => At::Start,
                (_, b'\r') => At::Cr,
                _ => At::Middle,
            };
        }
        put(&bytes[from..]);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mail and what follows it, read in pieces of this size; no mail where it does not end.
    fn read(bytes: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let (mut unstuffing, mut mail) = (Unstuffing::new(), Vec::new());
        let mut at = 0;
        while at < bytes.len() {
            let end = (at + piece).min(bytes.len());
            if let Some(used) = unstuffing.take(&bytes[at..end], |part| mail.extend_from_slice(part)) {
                return Some((mail, bytes[at + used..].to_vec()));
            }
            at = end;
        }
        None
    }

    #[test]
    fn only_a_dot_between_two_whole_line_ends_ends_a_mail() {
        let cases: &[(&str, Option<(&str, &str)>)] = &[
            ("a\r\n.\r\n", Some(("a\r\n", ""))),
            (".\r\nQUIT\r\n", Some(("", "QUIT\r\n"))),
            ("a\r\n..\r\n.\r\n", Some(("a\r\n.\r\n", ""))),
            ("a\r\n.b\r\n.\r\n", Some(("a\r\nb\r\n", ""))),
            ("a\r\n...\r\n.\r\n", Some(("a\r\n..\r\n", ""))),
            // What smugglers try.
            ("a\n.\nMAIL FROM:<x>\r\n.\r\n", Some(("a\n.\nMAIL FROM:<x>\r\n", ""))),
            ("a\n.\r\nMAIL\r\n.\r\n", Some(("a\n.\r\nMAIL\r\n", ""))),
            ("a\r\n.\nMAIL\r\n.\r\n", Some(("a\r\n\nMAIL\r\n", ""))),
            ("a\r.\r\nMAIL\r\n.\r\n", Some(("a\r.\r\nMAIL\r\n", ""))),
            ("a\r\n.\rMAIL\r\n.\r\n", Some(("a\r\n\rMAIL\r\n", ""))),
            ("a\r\n.\r\r\nMAIL\r\n.\r\n", Some(("a\r\n\r\r\nMAIL\r\n", ""))),
            ("a\r.\rMAIL\r\n.\r\n", Some(("a\r.\rMAIL\r\n", ""))),
            ("a\r\n\0.\r\n.\r\n", Some(("a\r\n\0.\r\n", ""))),
            ("a\r\r\n.\r\n", Some(("a\r\r\n", ""))),
            ("a\r\n.\r\r.\r\n.\r\n", Some(("a\r\n\r\r.\r\n", ""))),
            ("a\r\n.", None),
            ("a\r\n.\r", None),
            ("a\n.\n", None),
        ];
        for (bytes, expected) in cases {
            let expected = expected.map(|(mail, rest)| (mail.as_bytes().to_vec(), rest.as_bytes().to_vec()));
            for piece in [1, 2, 3, 1_000] {
                assert_eq!(read(bytes.as_bytes(), piece), expected, "{bytes:?} by {piece}");
            }
        }
    }
}
