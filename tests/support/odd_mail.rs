//! Mails that are broken, and mails that are big.

/// Mails no server should have let through, each with a name for the test's complaint. They are put into the
/// mailbox as files. None may keep the next mail from its ticket.
pub fn broken(to: &str) -> Vec<(&'static str, Vec<u8>)> {
    let head = format!("From: ona@client.example\r\nTo: {to}\r\nSubject: broken\r\n");
    let with = |rest: &str| format!("{head}{rest}").into_bytes();
    let mut nul = with("\r\nlabas\r\n");
    nul.splice(10..10, [0, 0, 0]);
    let mut raw = with("X-Raw: ");
    raw.extend((128..=255).chain([b'\r', b'\n', b'\r', b'\n']));
    let deep: String = (0..300)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"))
        .collect();
    vec![
        ("nothing at all", Vec::new()),
        ("no header, no line end", b"labas".to_vec()),
        ("NUL in a header", nul),
        ("each byte above 127 in a header", raw),
        ("a header that never ends", with(&format!("X-Long: {}", "x".repeat(1_000_000)))),
        ("300 multiparts in each other", with(&deep)),
        (
            "a boundary that never comes",
            with("Content-Type: multipart/mixed; boundary=never\r\n\r\nlabas\r\n"),
        ),
        ("base64 that is none", with("Content-Transfer-Encoding: base64\r\n\r\n%%%=A=\u{1}\r\n")),
        ("a charset that is none", with("Content-Type: text/plain; charset=\"x-\\\"\r\n\r\nlabas\r\n")),
        ("an encoded word that stops", with("Subject: =?utf-8?B?4pyT\r\nMessage-ID: <<>\r\n\r\nlabas\r\n")),
        ("nobody wrote it", format!("To: {to}\r\nDate: never\r\n\r\nlabas\r\n").into_bytes()),
        ("CR alone ends lines", format!("From: a@client.example\rTo: {to}\r\rlabas\r").into_bytes()),
    ]
}

/// A mail of about `bytes` bytes with one attachment of zeros in base64.
pub fn big(from: &str, to: &str, id: &str, bytes: usize) -> Vec<u8> {
    let mut mail = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: a big file\r\nMessage-ID: {id}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=edge\r\n\r\n\
         --edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe file is attached.\r\n\
         --edge\r\nContent-Type: application/octet-stream; name=big.bin\r\n\
         Content-Disposition: attachment; filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    let line = [&[b'A'; 76][..], b"\r\n"].concat();
    while mail.len() < bytes {
        mail.extend_from_slice(&line);
    }
    mail.extend_from_slice(b"--edge--\r\n");
    mail
}
