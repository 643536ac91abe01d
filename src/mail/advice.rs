//! What the words of known providers at a refused login mean, and what to do about it.

/// Words of a refusal in small letters, what they mean, and whether that holds for logins by token (`Some(true)`), by
/// password (`Some(false)`) or both.
const KNOWN: &[(&str, Option<bool>, &str)] = &[
    (
        "smtpclientauthentication is disabled for the tenant",
        None,
        "SMTP AUTH is switched off for the whole organisation: Set-TransportConfig -SmtpClientAuthenticationDisabled \
         $false, or for this mailbox alone Set-CASMailbox -SmtpClientAuthenticationDisabled $false",
    ),
    (
        "smtpclientauthentication is disabled",
        None,
        "SMTP AUTH is switched off for this mailbox: Set-CASMailbox -Identity MAILBOX \
         -SmtpClientAuthenticationDisabled $false",
    ),
    (
        "5.7.139",
        Some(true),
        "a policy of the organisation forbids this login: look at SMTP AUTH of the mailbox (Set-CASMailbox), at \
         authentication policies and at Conditional Access",
    ),
    ("5.7.139", Some(false), "Microsoft takes no passwords here: log in by access token ([mailbox.oauth])"),
    (
        "basic authentication is disabled",
        None,
        "passwords are switched off: log in by access token ([mailbox.oauth])",
    ),
    (
        "5.7.3 authentication unsuccessful",
        Some(true),
        "Exchange does not take the token: has the application SMTP.SendAsApp with the administrator's consent, is its \
         service principal known to Exchange under the Object ID of the Enterprise application (New-ServicePrincipal), \
         and has it rights on this mailbox (Add-MailboxPermission)? New rights take up to an hour",
    ),
    (
        "5.7.3 authentication unsuccessful",
        Some(false),
        "Microsoft takes no passwords here any more: log in by access token ([mailbox.oauth])",
    ),
    (
        "authenticate failed",
        Some(true),
        "if this is Exchange: has the application IMAP.AccessAsApp with the administrator's consent, is its service \
         principal known to Exchange under the Object ID of the Enterprise application (New-ServicePrincipal), has it \
         FullAccess to this mailbox (Add-MailboxPermission), and is IMAP on for it (Set-CASMailbox -ImapEnabled \
         $true)? New rights take up to an hour",
    ),
    (
        "authenticated but not connected",
        None,
        "Exchange knows us and does not open this mailbox: is user its primary address, is IMAP on for it \
         (Set-CASMailbox -ImapEnabled $true), has the application FullAccess, are there too many connections?",
    ),
    (
        "not enabled for imap use",
        None,
        "IMAP is switched off: in Gmail's settings, or by the administrator of Workspace",
    ),
    (
        "application-specific password required",
        None,
        "Google wants an app password (myaccount.google.com/apppasswords), or a login by access token",
    ),
    ("web login required", None, "Google wants a person to log in with a browser once, then it works again"),
    ("5.7.14", None, "Google wants a person to log in with a browser once, then it works again"),
    (
        "username and password not accepted",
        Some(true),
        "Google does not take the token: was it given by this account, with the scope https://mail.google.com/?",
    ),
    (
        "username and password not accepted",
        Some(false),
        "Google wants an app password here, not that of the account; or a login by access token",
    ),
    (
        "invalid credentials",
        Some(true),
        "the token is not for this account: was it given by the person named as user, with the right scopes?",
    ),
];

/// What a refusal means; `None` where nothing is known. `by_token`: the login was by access token.
pub fn about(text: &str, by_token: bool) -> Option<&'static str> {
    let text = text.to_lowercase();
    let fits = |known: &&(&str, Option<bool>, &str)| {
        text.contains(known.0) && known.1.is_none_or(|token| token == by_token)
    };
    KNOWN.iter().find(fits).map(|(_, _, advice)| *advice)
}

/// The text, with what is known about it.
pub fn with_advice(text: String, by_token: bool) -> String {
    match about(&text, by_token) {
        Some(advice) => format!("{text}; {advice}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_refusals_are_explained_by_what_they_mean_for_this_login() {
        for (text, by_token, words) in [
            (
                "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit …",
                true,
                Some("Set-CASMailbox -Identity"),
            ),
            (
                "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
                true,
                Some("Set-TransportConfig"),
            ),
            (
                "5.7.139 Authentication unsuccessful, user is locked by your organization's security policy",
                true,
                Some("Conditional Access"),
            ),
            (
                "5.7.139 Authentication unsuccessful, basic authentication is disabled.",
                false,
                Some("no passwords"),
            ),
            (
                "5.7.3 Authentication unsuccessful [AM0P190CA0012.EURP190.PROD.OUTLOOK.COM]",
                true,
                Some("SMTP.SendAsApp"),
            ),
            ("login: NO AUTHENTICATE failed.", true, Some("IMAP.AccessAsApp")),
            ("login: NO AUTHENTICATE failed.", false, None),
            ("SELECT: BAD User is authenticated but not connected.", true, Some("FullAccess")),
            ("5.7.8 Username and Password not accepted.", false, Some("app password")),
            ("5.7.8 Username and Password not accepted.", true, Some("scope")),
            ("login: NO [AUTHENTICATIONFAILED] Authentication failed.", false, None),
        ] {
            let found = about(text, by_token);
            assert_eq!(found.is_some(), words.is_some(), "{text}");
            assert!(found.unwrap_or_default().contains(words.unwrap_or_default()), "{text}: {found:?}");
        }
    }
}
