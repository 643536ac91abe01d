//! What a token says of itself. Read for the operator, never believed: only the mail server can check it.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::mail::secret::Secret;

/// The parts of a token of Microsoft's that tell what may be done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The service that it is for.
    #[serde(default, rename = "aud")]
    pub audience: String,
    /// What the application may do by itself.
    #[serde(default)]
    pub roles: Vec<String>,
    /// What it may do for the user, parted by blanks.
    #[serde(default, rename = "scp")]
    pub scopes: String,
}

impl Claims {
    /// Roles and scopes together.
    pub fn rights(&self) -> Vec<&str> {
        self.roles.iter().map(String::as_str).chain(self.scopes.split_whitespace()).collect()
    }

    /// Does it let us do this to a mailbox: `IMAP.` or `SMTP.`?
    pub fn allows(&self, front: &str) -> bool {
        self.rights().iter().any(|right| right.rsplit('/').next().is_some_and(|name| name.starts_with(front)))
    }
}

/// The claims of a JSON Web Token (RFC 7519); `None` where the token is something else, as Google's are.
pub fn claims(token: &Secret) -> Option<Claims> {
    let mut parts = token.expose().split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> Secret {
        Secret::new(format!("e30.{}.c2ln", BASE64URL_NOPAD.encode(payload.as_bytes())))
    }

    #[test]
    fn rights_are_read_whichever_way_they_were_granted() {
        let app = claims(&token(r#"{"aud":"https://outlook.office365.com","roles":["IMAP.AccessAsApp"]}"#));
        let app = app.expect("claims");
        assert!(app.allows("IMAP.") && !app.allows("SMTP."));
        let user = claims(&token(r#"{"scp":"IMAP.AccessAsUser.All SMTP.Send"}"#)).expect("claims");
        assert!(user.allows("IMAP.") && user.allows("SMTP."));
        assert_eq!(claims(&Secret::new("ya29.a0AfB")), None);
        assert_eq!(claims(&Secret::new("a.%%.c")), None);
    }
}
