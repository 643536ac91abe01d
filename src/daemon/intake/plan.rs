//! What is fetched together: small mails in chunks, big ones alone, those over the limit by their header only.

use std::collections::BTreeSet;

use crate::mail::imap::Listed;

/// Bytes of mail that are held at once, but for one mail that is bigger.
pub(super) const CHUNK_BYTES_MAX: u64 = 8_000_000;

/// Bounds of a portion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Mails in a chunk.
    pub(super) mails: usize,
    /// A bigger mail is taken alone, in pieces.
    pub(super) piece_bytes: u64,
    /// Of a bigger mail only the header is taken (A45).
    pub(super) mail_bytes: u64,
}

/// Mails that are fetched with one command, or one mail that needs care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Portion {
    Together(Vec<Listed>),
    Pieces(Listed),
    Header(Listed),
}

impl Portion {
    pub(super) fn uids(&self) -> Vec<u32> {
        match self {
            Portion::Together(mails) => mails.iter().map(|mail| mail.uid).collect(),
            Portion::Pieces(mail) | Portion::Header(mail) => vec![mail.uid],
        }
    }

    /// How many commands bring it at most, the question whether what did not come is still there among them.
    pub(super) fn commands(&self, piece_bytes: u64) -> u32 {
        match self {
            Portion::Together(_) | Portion::Header(_) => 2,
            Portion::Pieces(mail) => {
                let pieces = u64::from(mail.size) / piece_bytes.max(1);
                u32::try_from(pieces).unwrap_or(u32::MAX).saturating_add(3)
            }
        }
    }
}

/// Cuts `listed` into portions, in its order. Those of `alone` share a portion with nobody.
pub(super) fn portions(listed: &[Listed], alone: &BTreeSet<u32>, bounds: Bounds) -> Vec<Portion> {
    let mut portions = Vec::new();
    let mut chunk: Vec<Listed> = Vec::new();
    let mut bytes = 0;
    for mail in listed {
        let size = u64::from(mail.size);
        let single = alone.contains(&mail.uid) || size > bounds.piece_bytes;
        let full = chunk.len() >= bounds.mails || bytes + size > CHUNK_BYTES_MAX;
        if (single || full) && !chunk.is_empty() {
            portions.push(Portion::Together(std::mem::take(&mut chunk)));
            bytes = 0;
        }
        if size > bounds.mail_bytes {
            portions.push(Portion::Header(mail.clone()));
        } else if size > bounds.piece_bytes {
            portions.push(Portion::Pieces(mail.clone()));
        } else if single {
            portions.push(Portion::Together(vec![mail.clone()]));
        } else {
            bytes += size;
            chunk.push(mail.clone());
        }
    }
    if !chunk.is_empty() {
        portions.push(Portion::Together(chunk));
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { mails: 3, piece_bytes: 5_000_000, mail_bytes: 20_000_000 };

    fn listed(uid: u32, size: u32) -> Listed {
        Listed { uid, size, arrived: None, deleted: false, seen: false }
    }

    fn cut(sizes: &[u32], alone: &[u32]) -> Vec<(&'static str, Vec<u32>)> {
        let listed: Vec<Listed> = (1..).zip(sizes).map(|(uid, size)| listed(uid, *size)).collect();
        let portions = portions(&listed, &alone.iter().copied().collect(), BOUNDS);
        let name = |portion: &Portion| match portion {
            Portion::Together(_) => "together",
            Portion::Pieces(_) => "pieces",
            Portion::Header(_) => "header",
        };
        portions.iter().map(|portion| (name(portion), portion.uids())).collect()
    }

    #[test]
    fn order_is_kept_and_no_bound_is_passed() {
        assert_eq!(cut(&[1, 1, 1, 1], &[]), [("together", vec![1, 2, 3]), ("together", vec![4])]);
        assert_eq!(cut(&[4_000_000, 4_000_000, 1], &[]), [("together", vec![1, 2]), ("together", vec![3])]);
        assert_eq!(
            cut(&[1, 6_000_000, 21_000_000, 1], &[]),
            [("together", vec![1]), ("pieces", vec![2]), ("header", vec![3]), ("together", vec![4])]
        );
        assert_eq!(
            cut(&[1, 1, 1], &[2]),
            [("together", vec![1]), ("together", vec![2]), ("together", vec![3])]
        );
        assert!(cut(&[], &[]).is_empty());
    }

    #[test]
    fn a_size_that_the_server_does_not_tell_is_too_big() {
        assert_eq!(cut(&[u32::MAX], &[]), [("header", vec![1])]);
    }
}
