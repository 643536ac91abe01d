//! Export: all that is kept of a case or of a person, as files in folders, readable without maildesk.

mod case;
mod person;
mod telling;

use std::collections::BTreeSet;

use crate::domain::hash::Hash;
use crate::mail::parse;
use crate::store::{Result, Tx};

pub use case::ticket;
pub use person::person;

/// Takes one file: its path below the folder, folders parted by `/`, and its bytes.
pub type Put<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Result<()>;

/// Names that were given, so that no file hides another.
#[derive(Default)]
struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// A path in this folder for a file of that name: `scan.pdf`, else `scan (2).pdf`.
    fn fresh(&mut self, folder: &str, name: &str) -> String {
        let name = parse::safe_name(name).unwrap_or_else(|| "file".to_owned());
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
            _ => (name.as_str(), String::new()),
        };
        let numbered = (2..).map(|n| format!("{folder}/{stem} ({n}){extension}"));
        let mut paths = std::iter::once(format!("{folder}/{name}")).chain(numbered);
        // Two names that differ in capitals are one file on some systems.
        paths.find(|path| self.given.insert(path.to_lowercase())).unwrap_or_default()
    }
}

/// Puts a received mail as it came. `false` where its bytes are not kept.
fn put_raw(tx: &mut dyn Tx, raw: &Hash, path: &str, put: Put<'_>) -> Result<bool> {
    match tx.bytes(raw)? {
        Some(bytes) => put(path, &bytes).map(|()| true),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_hides_another_or_leaves_its_folder() {
        let mut names = Names::default();
        for (name, path) in [
            ("scan.pdf", "a/scan.pdf"),
            ("Scan.PDF", "a/Scan (2).PDF"),
            ("scan.pdf", "a/scan (3).pdf"),
            ("../../etc/passwd", "a/passwd"),
            ("", "a/file"),
            ("..", "a/file (2)"),
            ("montážní list.pdf", "a/montážní list.pdf"),
        ] {
            assert_eq!(names.fresh("a", name), path, "{name}");
        }
    }
}
