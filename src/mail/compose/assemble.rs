//! A frozen letter and the bytes that it names become one mail.

use std::io;

use data_encoding::BASE64_MIME;
use sha2::{Digest, Sha256};

use crate::domain::letter::{Attached, Letter};

/// The whole mail. `fetch` gives the decoded bytes of one attached part at a time; each is encoded straight into
/// the mail and dropped, so that the largest attachment and the mail are all that is in memory.
///
/// # Errors
/// Those of `fetch`, and `InvalidData` when the bytes are not those that were frozen.
pub fn assemble(
    letter: &Letter,
    fetch: &mut dyn FnMut(&Attached) -> io::Result<Vec<u8>>,
) -> io::Result<Vec<u8>> {
    let sizes = letter.parts.iter().map(|part| {
        let encoded = BASE64_MIME.encode_len(usize::try_from(part.attached.size_bytes).unwrap_or(0));
        part.head.len() + encoded
    });
    let mut mail = Vec::with_capacity(letter.head.len() + sizes.sum::<usize>() + letter.tail.len());
    mail.extend(&letter.head);
    for part in &letter.parts {
        let bytes = fetch(&part.attached)?;
        if Sha256::digest(&bytes)[..] != part.attached.hash.0 {
            let text = format!("{:?} is not what was attached ({})", part.attached.name, part.attached.hash);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        mail.extend(&part.head);
        let start = mail.len();
        mail.resize(start + BASE64_MIME.encode_len(bytes.len()), 0);
        BASE64_MIME.encode_mut(&bytes, &mut mail[start..]);
    }
    mail.extend(&letter.tail);
    Ok(mail)
}
