//! A refusal of a token endpoint in plain words.

use std::fmt;

use serde::Deserialize;

use crate::mail::http::Reply;

/// Longest part of the server's words that is repeated, in characters.
const TEXT_CHARS_MAX: usize = 240;

/// A refusal (RFC 6749, section 5.2; RFC 8628, section 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The word of the protocol, as `invalid_grant`.
    pub error: String,
    /// The server's explanation, one line without secrets.
    pub description: String,
}

/// What a refusal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The person has not answered yet.
    Pending,
    /// As `Pending`, and we ask too often.
    SlowDown,
    /// The person said no.
    Denied,
    /// The code was not used in time.
    Expired,
    /// The login is used up: a person must log in again.
    LogIn,
    /// What the operator set up does not fit.
    SetUp,
    /// The server has trouble of its own.
    Later,
}

#[derive(Deserialize)]
struct Document {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Microsoft's codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
const AADSTS: [(u32, Meaning, &str); 26] = {
    use Meaning::{Later, LogIn, SetUp};
    [
        (
            7_000_215,
            SetUp,
            "the client secret is wrong: it must be the secret's Value from Entra, not its Secret ID",
        ),
        (
            7_000_222,
            SetUp,
            "the client secret has expired: make a new one in Entra (App registrations, Certificates & secrets)",
        ),
        (
            7_000_218,
            SetUp,
            "Entra wants a client secret: set client_secret_file, or allow public client flows for the application",
        ),
        (
            700_025,
            SetUp,
            "the application is a public client in Entra: remove the client secret from the configuration",
        ),
        (
            700_016,
            SetUp,
            "there is no such application in this tenant: see whether client_id and tenant are right",
        ),
        (90_002, SetUp, "there is no such tenant: see whether tenant is right (the Directory (tenant) ID)"),
        (900_023, SetUp, "tenant is neither a name nor an ID of a directory"),
        (90_130, SetUp, "the application is not found in any directory: see whether client_id is right"),
        (500_011, SetUp, "the scopes name a service that this tenant does not have"),
        (70_011, SetUp, "the scopes are not valid for this grant"),
        (1_002_012, SetUp, "client_credentials wants the scope https://outlook.office365.com/.default"),
        (
            65_001,
            SetUp,
            "nobody has consented: an administrator must grant consent to the application in Entra",
        ),
        (65_004, LogIn, "the consent was declined"),
        (
            50_105,
            SetUp,
            "the user is not assigned to the application, which demands it (Enterprise applications)",
        ),
        (7_000_112, SetUp, "the application is disabled in Entra"),
        (50_034, LogIn, "there is no such user in this tenant"),
        (50_057, LogIn, "the user's account is disabled"),
        (50_076, LogIn, "a second factor is wanted"),
        (50_079, LogIn, "the user must set up a second factor first"),
        (53_003, SetUp, "a Conditional Access policy of the tenant forbids this login"),
        (530_003, SetUp, "a Conditional Access policy of the tenant wants a managed device"),
        (50_173, LogIn, "the login was revoked, for example by a new password"),
        (700_082, LogIn, "the refresh token has expired, unused for too long"),
        (70_043, LogIn, "the refresh token has expired by the tenant's sign-in frequency"),
        (70_008, LogIn, "the refresh token has expired"),
        (90_033, Later, "Microsoft's login service has trouble"),
    ]
};

impl Refused {
    /// Reads a refusal; `None` where it is none. What we `sent` and is repeated there is taken out.
    pub(super) fn read(reply: &Reply, sent: &[&str]) -> Option<Refused> {
        let document: Document = serde_json::from_slice(&reply.body).ok()?;
        let clean = |text: String| {
            let secrets = sent.iter().filter(|secret| !secret.is_empty());
            let text = secrets.fold(text, |text, secret| text.replace(secret, "***"));
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect()
        };
        Some(Refused { error: clean(document.error), description: clean(document.error_description) })
    }

    /// What it asks for.
    pub fn meaning(&self) -> Meaning {
        match self.error.as_str() {
            "authorization_pending" => return Meaning::Pending,
            "slow_down" => return Meaning::SlowDown,
            "access_denied" | "authorization_declined" => return Meaning::Denied,
            "expired_token" | "code_expired" => return Meaning::Expired,
            _ => {}
        }
        if let Some((_, meaning, _)) = self.known() {
            return *meaning;
        }
        match self.error.as_str() {
            "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                Meaning::LogIn
            }
            "temporarily_unavailable" | "server_error" => Meaning::Later,
            _ => Meaning::SetUp,
        }
    }

    /// What is wrong, and what can be done about it, as clauses.
    fn advice(&self) -> &'static str {
        if let Some((_, _, advice)) = self.known() {
            return advice;
        }
        match self.error.as_str() {
            "invalid_client" => "client_id or the client secret is wrong",
            "invalid_grant" => "the refresh token is used up or was revoked",
            "unauthorized_client" => "the application may not use this grant",
            "invalid_scope" => "the scopes are not valid",
            "unsupported_grant_type" => "this server does not know this grant",
            "interaction_required" | "login_required" | "consent_required" => "a person must log in again",
            "access_denied" | "authorization_declined" => "the login was declined",
            "expired_token" | "code_expired" => "the code was not used in time",
            "org_internal" => "the application is for one organisation only, and the account is not of it",
            "admin_policy_enforced" => "the administrator of the organisation forbids this application",
            "deleted_client" | "disabled_client" => "the application was deleted or disabled",
            _ => "the token endpoint refuses",
        }
    }

    fn known(&self) -> Option<&'static (u32, Meaning, &'static str)> {
        let at = self.description.find("AADSTS")? + "AADSTS".len();
        let digits = self.description[at..].split(|c: char| !c.is_ascii_digit()).next()?;
        let code: u32 = digits.parse().ok()?;
        AADSTS.iter().find(|(known, _, _)| *known == code)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.advice(), self.error)?;
        match self.description.trim() {
            "" => f.write_str(")"),
            text => write!(f, ": {text})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(error: &str, description: &str) -> Refused {
        Refused { error: error.to_owned(), description: description.to_owned() }
    }

    #[test]
    fn each_refusal_asks_for_one_thing_and_says_what_to_do() {
        for (error, description, meaning, words) in [
            (
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided.",
                Meaning::SetUp,
                "not its Secret ID",
            ),
            (
                "invalid_client",
                "AADSTS7000222: The provided client secret keys are expired.",
                Meaning::SetUp,
                "has expired",
            ),
            (
                "unauthorized_client",
                "AADSTS700016: Application was not found",
                Meaning::SetUp,
                "client_id and tenant",
            ),
            (
                "invalid_grant",
                "AADSTS700082: The refresh token has expired due to inactivity.",
                Meaning::LogIn,
                "unused",
            ),
            (
                "invalid_grant",
                "AADSTS65001: The user or administrator has not consented",
                Meaning::SetUp,
                "consent",
            ),
            ("invalid_grant", "AADSTS53003: Access has been blocked", Meaning::SetUp, "Conditional Access"),
            ("invalid_grant", "Token has been expired or revoked.", Meaning::LogIn, "revoked"),
            ("invalid_grant", "AADSTS99999999: something new", Meaning::LogIn, "used up"),
            ("invalid_client", "The OAuth client was not found.", Meaning::SetUp, "client_id"),
            ("authorization_pending", "AADSTS70016: pending", Meaning::Pending, ""),
            ("slow_down", "", Meaning::SlowDown, ""),
            ("access_denied", "", Meaning::Denied, "declined"),
            ("expired_token", "", Meaning::Expired, "not used in time"),
            ("temporarily_unavailable", "", Meaning::Later, ""),
            ("something_else", "", Meaning::SetUp, "something_else"),
        ] {
            let refused = refused(error, description);
            assert_eq!(refused.meaning(), meaning, "{error} {description}");
            assert!(refused.to_string().contains(words), "{refused}");
        }
    }
}
