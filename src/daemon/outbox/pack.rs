//! The bytes of a letter: as frozen, with its attachments fetched from the store.

use std::borrow::Cow;
use std::io;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use crate::daemon::clerk::Clerk;
use crate::domain::hash::Hash;
use crate::domain::letter::{Attached, Letter, PartSource};
use crate::mail::{compose, parse};
use crate::store::StoreError;

/// Mails with attachments that are in memory at a time, in MB. The configuration lets a mail have 50.
const BUDGET_MB: u32 = 64;

/// Why a letter cannot be put together.
#[derive(Debug)]
pub enum Unpackable {
    /// The store does not answer: later.
    Store(StoreError),
    /// What was attached is not there or is not what it was: never.
    Lost(String),
}

/// Puts letters together, the big ones one at a time.
pub struct Packer {
    clerk: Clerk,
    /// While one attachment is fetched no other is: the mail that it came with may be far bigger than itself.
    fetching: Mutex<()>,
    budget: Semaphore,
}

/// A mail ready for the wire, and the memory that it was granted.
pub struct Packed<'a> {
    pub mail: Cow<'a, [u8]>,
    _granted: Option<SemaphorePermit<'a>>,
}

impl Packer {
    pub fn new(clerk: Clerk) -> Packer {
        Packer { clerk, fetching: Mutex::new(()), budget: Semaphore::new(BUDGET_MB as usize) }
    }

    /// The whole mail. Without attachments that is the letter as it stands, and nothing is copied.
    pub async fn pack<'a>(&'a self, letter: &'a Letter) -> Result<Packed<'a>, Unpackable> {
        if letter.parts.is_empty() && letter.tail.is_empty() {
            return Ok(Packed { mail: Cow::Borrowed(&letter.head), _granted: None });
        }
        let size_mb = letter.size_bytes().div_ceil(1_000_000);
        let weight = u32::try_from(size_mb).unwrap_or(BUDGET_MB).clamp(1, BUDGET_MB);
        let granted = self.budget.acquire_many(weight).await.ok();
        let _alone = self.fetching.lock().await;
        let (letter, clerk, runtime) = (letter.clone(), self.clerk.clone(), Handle::current());
        let packed = tokio::task::spawn_blocking(move || assemble(&letter, clerk, &runtime)).await;
        let mail = packed.map_err(|e| Unpackable::Lost(format!("it cannot be put together: {e}")))??;
        Ok(Packed { mail: Cow::Owned(mail), _granted: granted })
    }
}

fn assemble(letter: &Letter, clerk: Clerk, runtime: &Handle) -> Result<Vec<u8>, Unpackable> {
    let mut cellar = Cellar { clerk, runtime, last: None, trouble: None };
    let mail = compose::assemble(letter, &mut |attached| cellar.fetch(attached));
    mail.map_err(|error| match cellar.trouble {
        Some(trouble) => Unpackable::Store(trouble),
        None => Unpackable::Lost(error.to_string()),
    })
}

/// Fetches kept bytes from the store, and remembers the last mail: its parts are asked for one after another.
struct Cellar<'a> {
    clerk: Clerk,
    runtime: &'a Handle,
    last: Option<(Hash, Vec<u8>)>,
    trouble: Option<StoreError>,
}

impl Cellar<'_> {
    fn fetch(&mut self, attached: &Attached) -> io::Result<Vec<u8>> {
        match attached.source {
            PartSource::Blob { hash } => self.bytes(hash),
            PartSource::Mail { raw, part } => {
                let (kept, mail) = match self.last.take() {
                    Some(last) if last.0 == raw => last,
                    _ => (raw, self.bytes(raw)?),
                };
                let bytes = parse::part(&mail, part);
                self.last = Some((kept, mail));
                bytes.ok_or_else(|| {
                    io::Error::other(format!("{:?}: the mail has no such part", attached.name))
                })
            }
        }
    }

    fn bytes(&mut self, hash: Hash) -> io::Result<Vec<u8>> {
        match self.clerk.read(self.runtime, move |tx| tx.bytes(&hash)) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(io::Error::other(format!("the bytes {hash} are not kept any more"))),
            Err(error) => {
                let told = io::Error::other(error.to_string());
                self.trouble = Some(error);
                Err(told)
            }
        }
    }
}
