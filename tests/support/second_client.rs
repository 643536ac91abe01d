//! The same mailbox in another mail program: reads, flags, moves and deletes while the daemon works there.

use std::io;

use super::wire::Line;

/// A session of plain IMAP on loopback; each command waits for its tagged OK.
pub struct SecondClient {
    line: Line,
    tag: u32,
}

impl SecondClient {
    /// Logs in and opens INBOX.
    pub fn open(port: u16, user: &str, password: &str) -> SecondClient {
        let mut line = Line::plain(port).expect("IMAP answers");
        line.get().expect("a greeting");
        let mut client = SecondClient { line, tag: 0 };
        let password = password.replace('\\', "\\\\").replace('"', "\\\"");
        client.say(&format!("LOGIN {user} \"{password}\""));
        client.say("SELECT INBOX");
        client
    }

    /// Says a command; answers with the untagged lines, literals put in where they stand.
    ///
    /// # Panics
    /// When the server says anything but OK.
    pub fn say(&mut self, command: &str) -> Vec<String> {
        self.try_say(command).unwrap_or_else(|e| panic!("{command}: {e}"))
    }

    /// As [`SecondClient::say`], with NO, BAD and a lost connection as errors.
    pub fn try_say(&mut self, command: &str) -> io::Result<Vec<String>> {
        self.tag += 1;
        let tag = format!("c{} ", self.tag);
        self.line.put(format!("{tag}{command}\r\n").as_bytes())?;
        self.until_tagged(&tag)
    }

    fn until_tagged(&mut self, tag: &str) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let mut line = self.line.get()?;
            while let Some(count) = literal(&line) {
                line.push_str(&String::from_utf8_lossy(&self.line.get_bytes(count)?));
                line.push_str(&self.line.get()?);
            }
            match line.strip_prefix(tag) {
                Some(end) if end.starts_with("OK") => return Ok(lines),
                Some(end) => return Err(io::Error::other(end.to_owned())),
                None => lines.push(line),
            }
        }
    }

    /// UIDs that answer a SEARCH, as in `ALL` or `SUBJECT x`.
    pub fn search(&mut self, what: &str) -> Vec<u32> {
        let lines = self.say(&format!("UID SEARCH {what}"));
        let found = lines.iter().find_map(|line| line.strip_prefix("* SEARCH")).unwrap_or_default();
        found.split_whitespace().filter_map(|uid| uid.parse().ok()).collect()
    }

    /// Reads a mail as a person does, which marks it read.
    pub fn read(&mut self, uid: u32) -> String {
        self.say(&format!("UID FETCH {uid} BODY[]")).join("\n")
    }

    /// Adds a flag, as in `\Flagged`.
    pub fn flag(&mut self, uid: u32, flag: &str) {
        self.say(&format!("UID STORE {uid} +FLAGS ({flag})"));
    }

    /// Moves a mail to a folder, made at need.
    pub fn move_to(&mut self, uid: u32, folder: &str) {
        // NO when it is there already.
        drop(self.try_say(&format!("CREATE {folder}")));
        self.say(&format!("UID MOVE {uid} {folder}"));
    }

    /// Deletes a mail for good.
    pub fn delete(&mut self, uid: u32) {
        self.flag(uid, "\\Deleted");
        self.say(&format!("UID EXPUNGE {uid}"));
    }

    /// The mailbox's UIDVALIDITY.
    pub fn validity(&mut self) -> u32 {
        let lines = self.say("STATUS INBOX (UIDVALIDITY)").join("\n");
        let rest = lines.split_once("UIDVALIDITY ").expect("a validity").1;
        rest.trim_end_matches(')').parse().expect("a number")
    }
}

/// The length of the literal that begins after this line.
fn literal(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}
