//! Whose is the mailbox? (A50, A51)
//!
//! Two programs with two databases would both answer every mail. In a folder of its own lies a mail that says which
//! installation reads the mailbox. UIDs order these marks for everybody alike: the first one counts, and a later one
//! only where it says whom it follows and that one counted until then. So of two that begin at the same moment one has
//! it, and nobody takes a mailbox over but by the operator's word.
//!
//! Whoever could not look for long (frozen, cut off) takes nothing and sends nothing before he has looked; whoever takes
//! a mailbox over waits for longer than that.

use jiff::{SignedDuration, Timestamp};

use super::Intake;
use super::halt::Halt;
use crate::mail::imap::{Session, Trouble};
use crate::mail::parse::digest::of;

/// The header of a mark: the installation, and for one that follows another the one before.
const OWNER: &str = "X-Maildesk-Owner";
const FOLLOWS: &str = "X-Maildesk-Follows";
/// More marks than these nobody made.
const MARKS_MAX: usize = 200;

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    owner: String,
    follows: Option<String>,
}

impl Mark {
    fn read(header: &[u8]) -> Option<Mark> {
        let text = String::from_utf8_lossy(header);
        let value = |name: &str| {
            let line = text.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            });
            line.filter(|value| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        Some(Mark { owner: value(OWNER)?, follows: value(FOLLOWS) })
    }

    fn written(&self, address: &str, now: Timestamp) -> Vec<u8> {
        let follows =
            self.follows.iter().map(|before| format!("{FOLLOWS}: {before}\r\n")).collect::<String>();
        let date = jiff::fmt::rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
        let owner = &self.owner;
        format!(
            "From: <{address}>\r\nTo: <{address}>\r\nDate: {date}\r\nSubject: This mailbox is read by maildesk {owner}\r\n\
             {OWNER}: {owner}\r\n{follows}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
             Please leave this mail where it is. Another maildesk that finds it takes no mail from\r\n\
             this mailbox, so that nobody is answered twice. `maildesk take-over` hands the mailbox\r\n\
             to another one.\r\n"
        )
        .into_bytes()
    }
}

/// Whose the mailbox is by these marks, in the order of their UIDs.
fn owner(marks: &[Mark]) -> Option<&str> {
    let (first, rest) = marks.split_first()?;
    let mut owner = first.owner.as_str();
    for mark in rest {
        if mark.follows.as_deref() == Some(owner) {
            owner = &mark.owner;
        }
    }
    Some(owner)
}

impl Intake {
    /// Looks whose the mailbox is, and says that it is ours where it is nobody's.
    ///
    /// # Errors
    /// It is another installation's, or was taken over a moment ago.
    pub(super) async fn look_whose(&mut self, session: &mut Session) -> Result<(), Halt> {
        let Some(folder) = self.mailbox.owner_folder.clone() else { return Ok(()) };
        let ours = self.instance();
        self.will_ask(8);
        let folder = session.create(&folder).await?;
        let mut marks = marks(session, &folder).await?;
        if marks.is_empty() {
            self.put_mark(session, &folder, None).await?;
            marks = self::marks(session, &folder).await?;
        }
        let mut whose = owner(&marks).unwrap_or(&ours).to_owned();
        if whose != ours && self.house.progress.wants_over(&self.mailbox.name) {
            self.put_mark(session, &folder, Some(whose.clone())).await?;
            marks = self::marks(session, &folder).await?;
            whose = owner(&marks).unwrap_or(&ours).to_owned();
            if whose == ours {
                let until = self.house.clock.now() + self.owner_span() * 3;
                tracing::warn!(mailbox = %self.mailbox.name, %until, "the mailbox was taken over; a wait, until the other one must have noticed");
                self.house.progress.took_over(&self.mailbox.name, until);
            }
        }
        let now = self.house.clock.now();
        let is_ours = whose == ours;
        self.house.progress.note(&self.mailbox.name, |progress| {
            progress.foreign_owner = (!is_ours).then(|| whose.clone());
            progress.owned_at = is_ours.then_some(now);
        });
        if !is_ours {
            return Err(Halt::Owned(whose));
        }
        match self.house.progress.quiet_until(&self.mailbox.name).filter(|until| *until > now) {
            Some(until) => Err(Halt::TakenOver(until)),
            None => Ok(()),
        }
    }

    /// May anything be taken now? Not by one who has not looked for long.
    ///
    /// # Errors
    /// It has to look again.
    pub(super) fn is_owner_still(&self) -> Result<(), Halt> {
        if self.mailbox.owner_folder.is_none() {
            return Ok(());
        }
        let now = self.house.clock.now();
        let looked = self.house.progress.all().get(&self.mailbox.name).and_then(|progress| progress.owned_at);
        let fresh = looked.is_some_and(|at| now.duration_since(at) <= self.owner_span() * 2);
        if fresh { Ok(()) } else { Err(Halt::LookedTooLongAgo) }
    }

    pub(super) fn owner_span(&self) -> SignedDuration {
        SignedDuration::try_from(self.house.settings.waits.owner).unwrap_or(SignedDuration::from_mins(1))
    }

    /// The name of this installation: that of its database, on this machine and in this place. A copy of the database
    /// elsewhere is another one.
    fn instance(&self) -> String {
        let desk = self.house.desks.iter().next();
        let database = desk.map(|desk| desk.instance.clone()).unwrap_or_default();
        // A container may have no machine-id; then the place alone tells.
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let place = std::fs::canonicalize(&self.house.settings.state_dir).unwrap_or_default();
        let name = of(format!("{database}\n{}\n{}", machine.trim(), place.display()).as_bytes());
        name.to_string()[..16].to_owned()
    }

    async fn put_mark(
        &self,
        session: &mut Session,
        folder: &str,
        follows: Option<String>,
    ) -> Result<(), Trouble> {
        let mark = Mark { owner: self.instance(), follows };
        let desk = self.house.desks.addressed(&self.mailbox, std::iter::empty());
        let address = desk.map(|desk| desk.rules.address.to_string()).unwrap_or_default();
        session.append(folder, &mark.written(&address, self.house.clock.now()), &["\\Seen"]).await.map(drop)
    }
}

async fn marks(session: &mut Session, folder: &str) -> Result<Vec<Mark>, Trouble> {
    session.examine(folder).await?;
    let mut marks = Vec::new();
    for uid in session.uids_from(1).await?.into_iter().take(MARKS_MAX) {
        if let Some(header) = session.fetch_header(uid).await? {
            marks.extend(Mark::read(&header));
        }
    }
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(owner: &str, follows: Option<&str>) -> Mark {
        Mark { owner: owner.to_owned(), follows: follows.map(str::to_owned) }
    }

    #[test]
    fn the_first_mark_counts_and_a_later_one_only_where_it_follows_the_owner() {
        for (marks, expected) in [
            (vec![], None),
            (vec![mark("a", None)], Some("a")),
            (vec![mark("a", None), mark("b", None)], Some("a")),
            (vec![mark("a", None), mark("b", Some("a"))], Some("b")),
            (vec![mark("a", None), mark("b", Some("a")), mark("c", Some("a"))], Some("b")),
            (vec![mark("a", None), mark("b", Some("a")), mark("a", Some("b"))], Some("a")),
            (vec![mark("b", Some("a"))], Some("b")),
        ] {
            assert_eq!(owner(&marks), expected, "{marks:?}");
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let now = "2026-03-02T07:12:00Z".parse().expect("an instant");
        for mark in [mark("ab12", None), mark("ab12", Some("cd34"))] {
            assert_eq!(Mark::read(&mark.written("support@desk.example", now)), Some(mark));
        }
        assert_eq!(Mark::read(b"Subject: Hello\r\n\r\n"), None);
        assert_eq!(Mark::read(b"X-Maildesk-Owner: a b\r\n\r\n"), None);
    }
}
