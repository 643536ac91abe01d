//! Are access tokens to be had, and for how long?

use jiff::SignedDuration;

use super::finding::Finding;
use crate::config::{Oauth, Preset};
use crate::daemon::tokens::{NoToken, TokenHealth, Tokens, alarms};
use crate::faces::cli::office::Office;
use crate::faces::exit;
use crate::mail::oauth::claims;
use crate::mail::secret::Secret;

/// Do client secrets last?
pub fn secrets(office: &Office, findings: &mut Vec<Finding>) {
    for oauth in office.settings.oauths() {
        let Some(expires) = oauth.secret_expires else { continue };
        let health = TokenHealth {
            name: oauth.name.clone(),
            good_until: None,
            trouble: None,
            secret_expires: Some(expires),
        };
        let area = area(oauth);
        let found = alarms(&health, office.now());
        if found.is_empty() {
            findings.push(Finding::ok(&area, format!("the client secret is good until {expires}")));
        }
        findings.extend(found.into_iter().map(|alarm| Finding::warn(&area, alarm.text)));
    }
}

/// Does each token endpoint give a token, and with which rights?
pub async fn give_tokens(office: &Office, tokens: &Tokens, findings: &mut Vec<Finding>) {
    for oauth in office.settings.oauths() {
        let area = area(oauth);
        match tokens.token(oauth).await {
            Ok(token) => {
                let health = tokens.health().into_iter().find(|health| health.name == oauth.name);
                let until = health.and_then(|health| health.good_until);
                let left = until.map_or(SignedDuration::ZERO, |until| until.duration_since(office.now()));
                let host = oauth.token_endpoint.host_str().unwrap_or_default();
                let text = format!("{host} gives tokens, this one for {} minutes", left.as_mins());
                findings.push(Finding::ok(&area, text));
                tell_rights(office, oauth, &token, &area, findings);
            }
            Err(none) => {
                let code = match none {
                    NoToken::Later(_) => exit::TEMPORARY,
                    NoToken::Operator(_) => exit::PERMISSION,
                };
                findings.push(Finding::fail(&area, none.to_string(), code));
            }
        }
    }
}

/// What Microsoft wrote into the token: without these rights its servers refuse it and do not say why.
fn tell_rights(office: &Office, oauth: &Oauth, token: &Secret, area: &str, findings: &mut Vec<Finding>) {
    let at_microsoft = office
        .settings
        .mailboxes
        .iter()
        .any(|mailbox| mailbox.login.oauth() == Some(oauth) && mailbox.preset == Some(Preset::M365));
    let Some(claims) = claims(token).filter(|_| at_microsoft) else { return };
    for (front, what) in [("IMAP.", "IMAP.AccessAsApp"), ("SMTP.", "SMTP.SendAsApp")] {
        if !claims.allows(front) {
            let text = format!(
                "the token has no right to {}: add {what} of \"Office 365 Exchange Online\" to the application's API \
                 permissions and grant the administrator's consent (it has: {})",
                front.trim_end_matches('.'),
                if claims.rights().is_empty() { "none".to_owned() } else { claims.rights().join(", ") }
            );
            findings.push(Finding::fail(area, text, exit::PERMISSION));
        }
    }
}

fn area(oauth: &Oauth) -> String {
    format!("tokens {}", oauth.name)
}
