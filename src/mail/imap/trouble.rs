//! What can go wrong with a mailbox: one variant for each thing the daemon does about it.

use std::fmt::Display;
use std::io;

use crate::mail::auth::without_password;
use crate::mail::secret::Secret;

/// Longest text of the server that is repeated, in characters.
const TEXT_MAX: usize = 200;

/// Why a mailbox could not be read. The texts are for the operator: at most 200 characters, without
/// control characters, never a password, never a mail's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Credentials, rights, certificate or missing encryption: trying again at once cannot help. Tell the operator.
    #[error("refused: {0}")]
    Refused(String),
    /// The server is away, silent or closed the connection: reconnect with back-off.
    #[error("network: {0}")]
    Network(String),
    /// The server said what we cannot accept: log, and reconnect with back-off.
    #[error("protocol: {0}")]
    Protocol(String),
    /// The folder named by the command does not exist.
    #[error("no such folder: {0}")]
    Gone(String),
}

impl Trouble {
    pub(super) fn refused(text: impl Display) -> Trouble {
        Trouble::Refused(cut(&text.to_string()))
    }

    pub(super) fn network(text: impl Display) -> Trouble {
        Trouble::Network(cut(&text.to_string()))
    }

    pub(super) fn protocol(text: impl Display) -> Trouble {
        Trouble::Protocol(cut(&text.to_string()))
    }

    pub(super) fn gone(text: impl Display) -> Trouble {
        Trouble::Gone(cut(&text.to_string()))
    }

    /// The same trouble without the password, which a server may have repeated.
    pub(super) fn without_password(self, user: &str, password: &Secret) -> Trouble {
        let told = |text: String| without_password(&text, user, password);
        match self {
            Trouble::Refused(text) => Trouble::Refused(told(text)),
            Trouble::Network(text) => Trouble::Network(told(text)),
            Trouble::Protocol(text) => Trouble::Protocol(told(text)),
            Trouble::Gone(text) => Trouble::Gone(told(text)),
        }
    }

    /// An error of the socket, of TLS, or of the parser. The parser's own text repeats the whole buffer, with
    /// the mail in it, so it is never passed on.
    pub(super) fn from_io(what: &str, error: &io::Error) -> Trouble {
        if let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            return match tls {
                rustls::Error::InvalidCertificate(why) => {
                    Trouble::refused(format!("{what}: the certificate is not trusted: {why:?}"))
                }
                other => Trouble::network(format!("{what}: {other}")),
            };
        }
        match error.kind() {
            io::ErrorKind::Other if error.raw_os_error().is_none() => {
                Trouble::protocol(format!("{what}: the answer cannot be read"))
            }
            io::ErrorKind::UnexpectedEof => {
                Trouble::network(format!("{what}: the connection closed in the middle of an answer"))
            }
            _ => Trouble::network(format!("{what}: {error}")),
        }
    }
}

/// One line of at most 200 characters.
fn cut(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_of_the_server_is_cut_and_stays_on_one_line() {
        let Trouble::Protocol(text) = Trouble::protocol("ž\r\n".repeat(300)) else { panic!() };
        assert_eq!(text.chars().count(), TEXT_MAX);
        assert!(!text.contains(['\r', '\n']));
    }

    #[test]
    fn the_text_of_a_parse_error_is_not_repeated() {
        let error = io::Error::other("Error during parsing of \"Dear desk, my PIN is 1234\"");
        assert_eq!(
            Trouble::from_io("FETCH", &error),
            Trouble::Protocol("FETCH: the answer cannot be read".into())
        );
    }
}
