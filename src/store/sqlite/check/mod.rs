//! What must hold in any database, asked of this one. The numbers are those of ARCHITECTURE.md.

mod documents;
mod questions;
mod search;
mod tickets;

use rusqlite::Connection;

use super::open;
use crate::store::{Fault, Result};

/// More faults than these nobody reads.
const FAULTS_MAX: usize = 1000;

/// What was found so far.
#[derive(Default)]
struct Findings {
    faults: Vec<Fault>,
}

impl Findings {
    fn add(&mut self, invariant: u32, what: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { invariant, what });
        }
    }
}

/// Asks everything. The caller holds a read transaction, so that all answers are of one state.
pub(super) fn all(conn: &Connection) -> Result<Vec<Fault>> {
    open::quick_check(conn)?;
    let mut findings = Findings::default();
    questions::ask(conn, &mut findings)?;
    documents::read(conn, &mut findings)?;
    tickets::read(conn, &mut findings)?;
    search::read(conn, &mut findings)?;
    Ok(findings.faults)
}
