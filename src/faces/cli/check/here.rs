//! What can be tried out on this machine alone.

use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::finding::Finding;
use crate::daemon::control::{Answer, AskError, Order, ask};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::{Office, words as catalogue};
use crate::faces::exit;

/// Faults of a database beyond so many are only counted.
const FAULTS_SHOWN: usize = 10;

/// Renders every template in every language.
pub fn words(office: &Office, findings: &mut Vec<Finding>) {
    let area = "templates";
    let catalogue = match catalogue(office.settings.templates_dir.as_deref()) {
        Ok(catalogue) => catalogue,
        Err(failure) => {
            let faults = failure.text.lines().skip(1);
            return findings.extend(faults.map(|line| Finding::fail(area, line, exit::CONFIG)));
        }
    };
    let spoken: Vec<&str> =
        office.settings.desks.iter().flat_map(|desk| &desk.languages).map(|lang| lang.as_str()).collect();
    let problems = catalogue.check();
    for problem in &problems {
        // A language that no desk speaks may be half done.
        let is_spoken = problem.file.split('/').next().is_some_and(|lang| spoken.contains(&lang));
        findings.push(match is_spoken {
            true => Finding::fail(area, problem.to_string(), exit::CONFIG),
            false => Finding::warn(area, problem.to_string()),
        });
    }
    if problems.is_empty() {
        let languages: Vec<String> = catalogue.languages().map(|lang| lang.to_string()).collect();
        findings.push(Finding::ok(area, format!("all render in {}", languages.join(", "))));
    }
}

/// Is the state directory ours alone, and can it be written?
pub fn state_dir(office: &Office, findings: &mut Vec<Finding>) {
    let (area, path) = ("state directory", &office.settings.state_dir);
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            findings.push(Finding::ok(area, format!("{shown} is not there yet; the daemon makes it")));
        }
        Err(error) => findings.push(unusable(area, path, &error)),
        Ok(about) if !about.is_dir() => {
            findings.push(Finding::fail(area, format!("{shown} is no directory"), exit::CONFIG));
        }
        Ok(about) => {
            if let Some(who) = open_to(&about) {
                let text = format!("{who} can look into {shown}, where all mail is kept; chmod 700 {shown}");
                findings.push(Finding::fail(area, text, exit::PERMISSION));
            }
            match try_to_write(path) {
                Ok(()) => findings.push(Finding::ok(area, format!("{shown} can be written"))),
                Err(error) => findings.push(unusable(area, path, &error)),
            }
        }
    }
}

fn unusable(area: &str, path: &Path, error: &std::io::Error) -> Finding {
    let failure = Failure::io(path.display(), error);
    Finding::fail(area, failure.text, failure.code)
}

/// Who beside the owner may use it, and should not: the daemon's own group may look.
fn open_to(about: &Metadata) -> Option<&'static str> {
    let mode = about.permissions().mode();
    match (mode & 0o007, mode & 0o070) {
        (0, 0) => None,
        (0, 0o040 | 0o050) if about.gid() != 0 && group_of_daemon() == Some(about.gid()) => None,
        (0, _) => Some("the group"),
        _ => Some("everybody"),
    }
}

/// The number of the group maildesk, into which operators are put.
fn group_of_daemon() -> Option<u32> {
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("maildesk:"))?;
    own.split(':').nth(1)?.parse().ok()
}

fn try_to_write(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".check-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)
}

/// Does the database open, is it of our schema, does all hold that must?
pub fn database(office: &Office, findings: &mut Vec<Finding>) {
    let (area, path) = ("database", &office.settings.database);
    let shown = path.display();
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return findings
                .push(Finding::ok(area, format!("{shown} is not there yet; the daemon makes it")));
        }
        Err(error) => return findings.push(unusable(area, path, &error)),
    };
    if let Some(who) = open_to(&about) {
        let text = format!("{who} can read {shown}, where all mail is kept; chmod 600 {shown}");
        findings.push(Finding::fail(area, text, exit::PERMISSION));
    }
    let checked = office.reader().and_then(|mut store| Ok(store.check()?));
    match checked {
        Err(failure) => findings.push(Finding::fail(area, failure.text, failure.code)),
        Ok(faults) if faults.is_empty() => {
            findings.push(Finding::ok(area, format!("{shown}, {} bytes; all is as it must be", about.len())));
        }
        Ok(faults) => {
            for fault in faults.iter().take(FAULTS_SHOWN) {
                let text = format!("invariant {}: {}", fault.invariant, fault.what);
                findings.push(Finding::fail(area, text, exit::IO));
            }
            if faults.len() > FAULTS_SHOWN {
                let text = format!("{} faults in all: maildesk doctor", faults.len());
                findings.push(Finding::fail(area, text, exit::IO));
            }
        }
    }
}

/// Does a daemon run, and how is it?
pub fn daemon(office: &Office, findings: &mut Vec<Finding>) {
    let area = "daemon";
    match ask(&office.settings.control_socket, &Order::Status) {
        Ok(Answer::Status(health)) => {
            let text = format!("version {} runs as process {}", health.version, health.process);
            findings.push(match health.version == env!("CARGO_PKG_VERSION") {
                true => Finding::ok(area, text),
                false => {
                    Finding::warn(area, format!("{text}, this is {}: restart it", env!("CARGO_PKG_VERSION")))
                }
            });
            for mailbox in health.mailboxes {
                if let Some(trouble) = mailbox.trouble {
                    findings.push(Finding::warn(area, format!("mailbox {}: {trouble}", mailbox.name)));
                }
            }
            for alarm in health.alarms {
                findings.push(Finding::warn(area, format!("{}: {}", alarm.account, alarm.text)));
            }
        }
        Ok(_) => findings.push(Finding::warn(area, "it gave a strange answer; is it of another version?")),
        Err(AskError::Nobody) => findings.push(Finding::ok(area, "none runs")),
        Err(error) => findings.push(Finding::warn(area, Failure::from(error).text)),
    }
}
