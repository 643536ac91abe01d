//! The program under observation: memory, descriptors, threads, time, and what it has done, every few seconds.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::ending::Ending;

/// One look. Memory in kB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Seconds since the load began.
    pub at: f64,
    pub resident: f64,
    /// Resident memory of its own: what a leak would fill.
    pub own: f64,
    /// Resident pages of files: the program itself, and the index of the write-ahead log.
    pub of_files: f64,
    /// The most resident memory so far.
    pub peak: f64,
    pub descriptors: f64,
    pub threads: f64,
    /// Processor time so far, in seconds.
    pub spent: f64,
    pub tickets: f64,
    pub letters: f64,
}

const COLUMNS: &str =
    "seconds,resident_kb,own_kb,files_kb,peak_kb,descriptors,threads,processor_s,tickets,letters";

/// Looks at a process and its database.
pub struct Watch {
    pub id: u32,
    pub database: Connection,
    pub begun: Instant,
}

impl Watch {
    /// Looks every `span` until `end`, and writes into `csv`.
    pub fn run(&self, span: Duration, end: &Ending, csv: &Path) -> Vec<Sample> {
        let mut file = fs::File::create(csv).expect("a file for the figures");
        writeln!(file, "{COLUMNS}").expect("written");
        let mut samples = Vec::new();
        while !end.is_within(span) {
            let sample = self.look();
            writeln!(file, "{}", sample.row()).expect("written");
            samples.push(sample);
        }
        samples
    }

    /// One look.
    pub fn look(&self) -> Sample {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).expect("it runs");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
            number.unwrap_or_else(|| panic!("no {name} in {status}"))
        };
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.id)).expect("it runs").count();
        Sample {
            at: self.begun.elapsed().as_secs_f64(),
            resident: field("VmRSS"),
            own: field("RssAnon"),
            of_files: field("RssFile") + field("RssShmem"),
            peak: field("VmHWM"),
            descriptors: f64::from(u32::try_from(descriptors).expect("few")),
            threads: field("Threads"),
            spent: self.spent(),
            tickets: self.count("SELECT count(*) FROM tickets"),
            letters: self.count("SELECT count(*) FROM letters"),
        }
    }

    /// Processor time of all its threads; the kernel counts hundredths of a second.
    fn spent(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id)).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks") / 100.0).sum()
    }

    fn count(&self, sql: &str) -> f64 {
        let mut statement = self.database.prepare_cached(sql).expect("a statement");
        f64::from(statement.query_row([], |row| row.get::<_, u32>(0)).expect("a number"))
    }
}

impl Sample {
    fn row(&self) -> String {
        format!(
            "{:.1},{},{},{},{},{},{},{:.2},{},{}",
            self.at,
            self.resident,
            self.own,
            self.of_files,
            self.peak,
            self.descriptors,
            self.threads,
            self.spent,
            self.tickets,
            self.letters
        )
    }
}
