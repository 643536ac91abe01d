//! Why a command failed: a text for people, a code for scripts.

use std::io;

use crate::config::Problems;
use crate::daemon::control::{AskError, Refusal, RefusalKind};
use crate::daemon::intake::NotIn;
use crate::daemon::lock::LockError;
use crate::daemon::run::RunError;
use crate::daemon::tokens::login::LoginError;
use crate::faces::cli::check::servers::code;
use crate::faces::cli::page::{Form, print_error};
use crate::faces::exit;
use crate::store::StoreError;

/// A command that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: u8,
    pub text: String,
}

impl Failure {
    /// It makes no sense as it was asked.
    pub fn usage(text: impl Into<String>) -> Failure {
        Failure { code: exit::USAGE, text: text.into() }
    }

    /// It cannot be done as things stand.
    pub fn refused(text: impl Into<String>) -> Failure {
        Failure { code: exit::DIFFERS, text: text.into() }
    }

    /// A file or the system.
    pub fn io(what: impl std::fmt::Display, error: &io::Error) -> Failure {
        let code = if error.kind() == io::ErrorKind::PermissionDenied { exit::PERMISSION } else { exit::IO };
        Failure { code, text: format!("{what}: {error}") }
    }

    /// Writes it where errors go.
    pub fn print(&self, form: Form) {
        match form {
            Form::Json => {
                let document = serde_json::json!({ "error": self.text.trim_end(), "code": self.code });
                print_error(&format!("{document:#}\n"));
            }
            Form::Table | Form::Lines => print_error(&format!("maildesk: {}\n", self.text.trim_end())),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Failure {
        let text = match problems.0.as_slice() {
            [one] => one.to_string(),
            all => format!("{} problems in the configuration:\n{problems}", all.len()),
        };
        Failure { code: exit::CONFIG, text }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let code = match &error {
            StoreError::Abandoned(_) => exit::DIFFERS,
            StoreError::Busy(_) => exit::TEMPORARY,
            StoreError::Newer { .. } => exit::CONFIG,
            StoreError::Full(_) | StoreError::Corrupt(_) | StoreError::Unreachable(_) => exit::IO,
        };
        Failure { code, text: error.to_string() }
    }
}

impl From<NotIn> for Failure {
    fn from(not_in: NotIn) -> Failure {
        Failure { code: code(&not_in), text: not_in.to_string() }
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Failure {
        let code = match &error {
            LoginError::SetUp(_) => exit::CONFIG,
            LoginError::NotGranted(_) => exit::PERMISSION,
            LoginError::Away(_) => exit::TEMPORARY,
            LoginError::Io(_) => exit::IO,
        };
        Failure { code, text: error.to_string() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let code = match refusal.kind {
            RefusalKind::Refused => exit::DIFFERS,
            RefusalKind::Malformed => exit::BUG,
            RefusalKind::Later => exit::TEMPORARY,
            RefusalKind::NoUser => exit::NO_USER,
            RefusalKind::Never => exit::MAIL,
            RefusalKind::Store => exit::IO,
        };
        Failure { code, text: refusal.text }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Failure {
        let text = error.to_string();
        match error {
            LockError::Held { .. } => Failure { code: exit::LOCKED, text },
            LockError::Io { path, source } => Failure::io(path.display(), &source),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Failure {
        match error {
            AskError::Nobody => Failure { code: exit::TEMPORARY, text: "no daemon runs".to_owned() },
            AskError::Refused(refusal) => refusal.into(),
            AskError::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => Failure {
                code: exit::PERMISSION,
                text: "the daemon listens to its own user, to root and to members of its group: run this as one of them"
                    .to_owned(),
            },
            AskError::Io(e) => Failure {
                code: exit::TEMPORARY,
                text: format!("the daemon did not answer ({e}); whether it was done is not known"),
            },
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let text = error.to_string();
        match error {
            RunError::Config(problems) => problems.into(),
            RunError::Lock(error) => error.into(),
            RunError::Store(error) => error.into(),
            RunError::Io(path, error) => Failure::io(path.display(), &error),
            RunError::System(_) => Failure { code: exit::IO, text },
            RunError::Task(_) => Failure { code: exit::BUG, text },
        }
    }
}
