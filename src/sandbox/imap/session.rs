//! Which command may come when, and what follows it.

use std::sync::Arc;

use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{IString, NString, QuotedChar, Tag, Vec1};
use imap_codec::imap_types::extensions::namespace::Namespace;
use imap_codec::imap_types::response::{Capability, Code, Data};

use super::replies::{Outcome, Replies};
use super::view::View;
use crate::sandbox::state::Shared;

/// What the wire does after a command.
pub(super) enum Next {
    /// Reads the next command.
    Command,
    /// Asks for the answer to an empty PLAIN challenge.
    Plain { tag: Tag<'static> },
    /// Idles.
    Idle { tag: Tag<'static> },
    /// Writes what is left and closes.
    Close,
}

/// One client's state: nobody, an account, an account with a folder open (RFC 3501, 3).
pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) replies: Replies,
    pub(super) account: Option<String>,
    pub(super) view: Option<View>,
}

/// A command for an account without need of an open folder, and one for an open folder.
enum Needs {
    Nothing,
    Account,
    Folder,
}

impl Session {
    pub fn new(shared: Arc<Shared>) -> Session {
        Session { shared, replies: Replies::default(), account: None, view: None }
    }

    pub fn greet(&mut self) {
        self.replies.note(Code::Capability(capabilities()), "maildesk sandbox");
    }

    /// Performs one command; the replies wait to be written.
    pub fn perform(&mut self, command: Command<'_>) -> Next {
        let Command { tag, body } = command;
        let refusal = match needs(&body) {
            Needs::Account if self.account.is_none() => Some("Log in first"),
            Needs::Folder if self.view.is_none() => Some("Select a folder first"),
            _ => None,
        };
        if let Some(text) = refusal {
            self.replies.done(Some(tag), Outcome::bad(text));
            return Next::Command;
        }
        match body {
            CommandBody::Idle => return Next::Idle { tag: owned(&tag) },
            CommandBody::Authenticate { mechanism: AuthMechanism::Plain, initial_response: None }
                if self.account.is_none() =>
            {
                return Next::Plain { tag: owned(&tag) };
            }
            CommandBody::Logout => {
                self.replies.bye("Goodbye");
                self.replies.done(Some(tag), Outcome::ok("Logged out"));
                return Next::Close;
            }
            _ => {}
        }
        let may_expunge = may_expunge(&body);
        let outcome = self.outcome(body);
        if !self.refresh(may_expunge) {
            self.replies.bye("The selected folder was deleted");
            return Next::Close;
        }
        self.replies.done(Some(tag), outcome);
        Next::Command
    }

    fn outcome(&mut self, body: CommandBody<'_>) -> Outcome {
        match body {
            CommandBody::Capability => {
                self.replies.data(Data::Capability(capabilities()));
                Outcome::ok("Listed")
            }
            CommandBody::Noop => Outcome::ok("Nothing done"),
            CommandBody::Check => Outcome::ok("Nothing to save"),
            CommandBody::Id { .. } => {
                self.replies.data(Data::Id { parameters: Some(identity()) });
                Outcome::ok("Met")
            }
            CommandBody::Login { username, password } => {
                self.log_in(username.as_ref(), password.declassify().as_ref())
            }
            CommandBody::Authenticate { mechanism: AuthMechanism::Plain, initial_response: Some(answer) } => {
                self.authenticate(answer.declassify())
            }
            CommandBody::Authenticate { .. } if self.account.is_some() => Outcome::bad("Logged in already"),
            CommandBody::Authenticate { .. } => Outcome::no("Only PLAIN"),
            CommandBody::Namespace => {
                self.replies.data(Data::Namespace {
                    personal: vec![Namespace::new(
                        IString::try_from("").expect("an empty string can be quoted"),
                        Some(delimiter()),
                    )],
                    other: Vec::new(),
                    shared: Vec::new(),
                });
                Outcome::ok("Listed")
            }
            CommandBody::Unselect => {
                self.view = None;
                Outcome::ok("Closed")
            }
            other => self.folder_outcome(other),
        }
    }

    fn folder_outcome(&mut self, body: CommandBody<'_>) -> Outcome {
        match body {
            CommandBody::Select { mailbox } => self.select(&mailbox, false),
            CommandBody::Examine { mailbox } => self.select(&mailbox, true),
            CommandBody::Create { mailbox } => self.create(&mailbox),
            CommandBody::Delete { mailbox } => self.delete(&mailbox),
            CommandBody::Rename { from, to } => self.rename(&from, &to),
            CommandBody::Subscribe { mailbox } => self.subscribe(&mailbox, true),
            CommandBody::Unsubscribe { mailbox } => self.subscribe(&mailbox, false),
            CommandBody::List { reference, mailbox_wildcard } => self.list(&reference, &mailbox_wildcard),
            CommandBody::Lsub { reference, mailbox_wildcard } => self.lsub(&reference, &mailbox_wildcard),
            CommandBody::Status { mailbox, item_names } => self.status(&mailbox, &item_names),
            CommandBody::Append { mailbox, flags, date, message } => {
                self.append(&mailbox, &flags, date, message)
            }
            CommandBody::Close => self.close(),
            CommandBody::Expunge => self.expunge(None),
            CommandBody::ExpungeUid { sequence_set } => self.expunge(Some(&sequence_set)),
            CommandBody::Search { charset, criteria, uid } => self.search(charset.as_ref(), &criteria, uid),
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid } => {
                self.fetch(&sequence_set, &macro_or_item_names, uid)
            }
            CommandBody::Store { sequence_set, kind, response, flags, uid } => {
                self.store(&sequence_set, kind, response, &flags, uid)
            }
            CommandBody::Copy { sequence_set, mailbox, uid } => self.copy(&sequence_set, &mailbox, uid),
            CommandBody::Move { sequence_set, mailbox, uid } => self.move_away(&sequence_set, &mailbox, uid),
            _ => Outcome::bad("Not offered here"),
        }
    }

    fn log_in(&mut self, user: &[u8], password: &[u8]) -> Outcome {
        let texts = std::str::from_utf8(user).and_then(|user| Ok((user, std::str::from_utf8(password)?)));
        let account = texts.ok().and_then(|(user, password)| self.shared.log_in(user, password));
        self.enter(account)
    }

    /// Takes a SASL PLAIN message.
    pub fn authenticate(&mut self, message: &[u8]) -> Outcome {
        let account = self.shared.log_in_plain(message);
        self.enter(account)
    }

    fn enter(&mut self, account: Option<String>) -> Outcome {
        if self.account.is_some() {
            return Outcome::bad("Logged in already");
        }
        self.account = account;
        match self.account {
            Some(_) => Outcome::ok("Welcome").with(Code::Capability(capabilities())),
            None => Outcome::no("Wrong user or password").with_word("AUTHENTICATIONFAILED"),
        }
    }

    /// Tells what changed in the open folder; false if the folder is gone.
    pub fn tell_changes(&mut self) -> bool {
        self.refresh(true)
    }

    fn refresh(&mut self, may_expunge: bool) -> bool {
        let (Some(view), Some(account)) = (&mut self.view, &self.account) else { return true };
        let updates = {
            let mut state = self.shared.look();
            match state.folder_mut(account, &view.folder) {
                Some(folder) if folder.uid_validity == view.uid_validity => view.refresh(folder, may_expunge),
                _ => return false,
            }
        };
        view.tell(&updates, &mut self.replies);
        true
    }
}

fn needs(body: &CommandBody<'_>) -> Needs {
    match body {
        CommandBody::Capability
        | CommandBody::Noop
        | CommandBody::Logout
        | CommandBody::Id { .. }
        | CommandBody::Login { .. }
        | CommandBody::Authenticate { .. } => Needs::Nothing,
        CommandBody::Check
        | CommandBody::Close
        | CommandBody::Unselect
        | CommandBody::Expunge
        | CommandBody::ExpungeUid { .. }
        | CommandBody::Search { .. }
        | CommandBody::Fetch { .. }
        | CommandBody::Store { .. }
        | CommandBody::Copy { .. }
        | CommandBody::Move { .. } => Needs::Folder,
        _ => Needs::Account,
    }
}

/// EXPUNGE must not be told while the client may still mean old numbers (RFC 3501, 7.4.1).
fn may_expunge(body: &CommandBody<'_>) -> bool {
    !matches!(
        body,
        CommandBody::Fetch { uid: false, .. }
            | CommandBody::Store { uid: false, .. }
            | CommandBody::Search { uid: false, .. }
    )
}

fn capabilities() -> Vec1<Capability<'static>> {
    let special_use = Capability::try_from("SPECIAL-USE").expect("a fixed atom");
    Vec1::try_from(vec![
        Capability::Imap4Rev1,
        Capability::LiteralPlus,
        Capability::SaslIr,
        Capability::Auth(AuthMechanism::Plain),
        Capability::Id,
        Capability::Idle,
        Capability::Namespace,
        Capability::UidPlus,
        Capability::Move,
        Capability::Unselect,
        special_use,
    ])
    .expect("the list is not empty")
}

fn identity() -> Vec<(IString<'static>, NString<'static>)> {
    let quoted = |text: &'static str| IString::try_from(text).expect("a fixed text can be quoted");
    vec![(quoted("name"), NString(Some(quoted("maildesk sandbox"))))]
}

/// What stands between the names of a folder and of one inside it.
pub(super) fn delimiter() -> QuotedChar {
    QuotedChar::try_from('/').expect("a slash can be quoted")
}

fn owned(tag: &Tag<'_>) -> Tag<'static> {
    Tag::try_from(tag.inner().to_owned()).expect("it was a tag before")
}
