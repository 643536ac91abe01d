//! Putting mails away: flags, moves, copies of sent letters. Each only says what the server proved.

use std::collections::BTreeSet;

use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{AttributeValue, Response};

use super::exchange::{Code, code_of};
use super::folder::quoted_name;
use super::uids::{lacking, sets};
use super::{Session, Trouble};

/// What became of mails that were to be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Proved by COPYUID, and out of the folder.
    pub moved: Vec<u32>,
    /// No longer in the folder, without a proof that it was our doing.
    pub gone: Vec<u32>,
    /// Still in the folder. All of them, where the server has neither MOVE nor UIDPLUS.
    pub left: Vec<u32>,
}

/// Where an appended letter lies, if the server tells (APPENDUID, RFC 4315).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub validity: u32,
    pub uid: u32,
}

impl Session {
    /// Moves mails from the open folder: MOVE (RFC 6851), else COPY, `\Deleted` and UID EXPUNGE of those whose
    /// copy is proved. Never a plain EXPUNGE, which would take what others marked.
    ///
    /// # Errors
    /// `Gone` when the target does not exist: make it with [`Session::create`] and try again.
    pub async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<Moved, Trouble> {
        let target = quoted_name(folder);
        let mut proved = Vec::new();
        for (set, members) in sets(uids) {
            if self.has("MOVE") {
                proved.extend(self.copied(&format!("UID MOVE {set} {target}"), &members).await?);
            } else if self.has("UIDPLUS") {
                let copied = self.copied(&format!("UID COPY {set} {target}"), &members).await?;
                self.remove(&copied).await?;
                proved.extend(copied);
            }
        }
        let left = self.still_there(uids).await?;
        let away = lacking(uids, &left);
        let gone = lacking(&away, &proved);
        Ok(Moved { moved: lacking(&away, &gone), gone, left })
    }

    /// Runs a COPY or MOVE; answers with those of `asked` that COPYUID names. It comes in the tagged answer or,
    /// with MOVE, in an untagged one (RFC 6851, section 4.3).
    async fn copied(&mut self, command: &str, asked: &[u32]) -> Result<Vec<u32>, Trouble> {
        let mut named = Vec::new();
        let answer = self
            .line
            .exec(command, |response| {
                if let Response::Data { outcome, .. } = response
                    && let Code::CopyUid(from) = code_of(outcome)
                {
                    named.extend(from);
                }
            })
            .await?;
        // The mails may have vanished, which the search that follows finds out.
        if !answer.is_ok() && answer.word() != "EXPUNGEISSUED" {
            return Err(answer.trouble("MOVE"));
        }
        if let Code::CopyUid(from) = answer.code {
            named.extend(from);
        }
        Ok(asked.iter().copied().filter(|uid| named.iter().any(|member| covers(member, *uid))).collect())
    }

    /// Takes these, and only these, out of the folder (UID EXPUNGE, RFC 4315, section 2.1).
    async fn remove(&mut self, uids: &[u32]) -> Result<(), Trouble> {
        for (set, _) in sets(uids) {
            let mark = format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)");
            self.line.exec(&mark, |_| ()).await?.expect_ok("UID STORE")?;
            self.line.exec(&format!("UID EXPUNGE {set}"), |_| ()).await?.expect_ok("UID EXPUNGE")?;
        }
        Ok(())
    }

    /// Adds flags (`\Seen`) or keywords (`$Ticketed`) and answers with the UIDs that bear all of them
    /// afterwards: some servers say OK and keep nothing. Flags are decoration for people; no state may rest on
    /// them.
    ///
    /// # Errors
    /// `Protocol` when a flag is not an IMAP atom, or the server refuses.
    pub async fn add_flags(&mut self, uids: &[u32], flags: &[&str]) -> Result<Vec<u32>, Trouble> {
        let list = flag_list(flags)?;
        let mut bearing = BTreeSet::new();
        for (set, members) in sets(uids) {
            let store = format!("UID STORE {set} +FLAGS {list}");
            let answer = self.line.exec(&store, |response| note_flags(response, flags, &mut bearing)).await?;
            if answer.word() != "EXPUNGEISSUED" {
                answer.expect_ok("UID STORE")?;
            }
            // What was set before is not always told again.
            let told: Vec<u32> = bearing.iter().copied().collect();
            for (rest, _) in sets(&lacking(&members, &told)) {
                let ask = format!("UID FETCH {rest} (UID FLAGS)");
                let answer =
                    self.line.exec(&ask, |response| note_flags(response, flags, &mut bearing)).await?;
                answer.expect_ok("UID FETCH")?;
            }
        }
        let asked: BTreeSet<u32> = uids.iter().copied().collect();
        Ok(bearing.intersection(&asked).copied().collect())
    }

    /// Puts a letter into a folder, for the copy of what was sent. The literal waits for the server's leave
    /// (no LITERAL+), which works everywhere.
    ///
    /// # Errors
    /// `Gone` when the folder does not exist; `Protocol` when the server refuses the letter.
    pub async fn append(
        &mut self,
        folder: &str,
        letter: &[u8],
        flags: &[&str],
    ) -> Result<Option<Appended>, Trouble> {
        let command = format!("APPEND {} {} {{{}}}", quoted_name(folder), flag_list(flags)?, letter.len());
        let mut body = Some([letter, b"\r\n"].concat());
        let answer = self.line.converse(&command, |_| body.take(), |_| ()).await?.expect_ok("APPEND")?;
        match answer.code {
            Code::AppendUid(validity, Some(uid)) => Ok(Some(Appended { validity, uid })),
            _ => Ok(None),
        }
    }
}

fn covers(member: &UidSetMember, uid: u32) -> bool {
    match member {
        UidSetMember::Uid(one) => *one == uid,
        UidSetMember::UidRange(range) => range.contains(&uid),
    }
}

fn note_flags(response: &Response<'_>, wanted: &[&str], bearing: &mut BTreeSet<u32>) {
    let Response::Fetch(_, attributes) = response else { return };
    let (mut uid, mut all) = (None, false);
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(value) => uid = Some(*value),
            AttributeValue::Flags(flags) => {
                all = wanted.iter().all(|want| flags.iter().any(|flag| flag.eq_ignore_ascii_case(want)));
            }
            _ => {}
        }
    }
    if all {
        bearing.extend(uid);
    }
}

/// A parenthesised list of flags, each a keyword atom or a backslash and one (RFC 9051, section 9, `flag`).
fn flag_list(flags: &[&str]) -> Result<String, Trouble> {
    let atom = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b))
    };
    match flags.iter().find(|flag| !atom(flag.strip_prefix('\\').unwrap_or(flag))) {
        Some(odd) => Err(Trouble::protocol(format!("{odd:?} cannot be a flag"))),
        None => Ok(format!("({})", flags.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_cannot_smuggle_a_command() {
        assert_eq!(flag_list(&["\\Seen", "$Ticketed"]).unwrap(), "(\\Seen $Ticketed)");
        for odd in ["", "\\", "a b", "x)\r\nm9 LOGOUT", "ž", "\\*"] {
            assert!(flag_list(&[odd]).is_err(), "{odd}");
        }
    }
}
