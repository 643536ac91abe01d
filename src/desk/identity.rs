//! What makes this installation itself: its signing keys and its name, made once and kept in the store.

use crate::mail::keys::{Key, Keys};
use crate::store::{Result, StoreError, Tx};

const KEY: &str = "key.1";
const INSTANCE: &str = "instance";

/// Keys and name of an installation.
#[derive(Clone)]
pub struct Identity {
    pub keys: Keys,
    pub instance: String,
}

/// Reads the identity, or makes it of `random` (48 fresh bytes) where there is none yet.
pub fn identity(tx: &mut dyn Tx, random: &[u8; 48]) -> Result<Identity> {
    let (key, name) = random.split_at(32);
    let key = value(tx, KEY, key)?;
    let name = value(tx, INSTANCE, name)?;
    let key: [u8; 32] =
        key.try_into().map_err(|_| StoreError::Corrupt("the signing key has a wrong length".to_owned()))?;
    let instance = data_encoding::HEXLOWER.encode(&name);
    Ok(Identity { keys: Keys::new(Key::new(1, key), Vec::new()), instance })
}

fn value(tx: &mut dyn Tx, name: &str, fresh: &[u8]) -> Result<Vec<u8>> {
    if let Some(kept) = tx.value(name)? {
        return Ok(kept);
    }
    tx.set_value(name, fresh)?;
    Ok(fresh.to_vec())
}
