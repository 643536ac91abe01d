//! What a refusal means: for this letter, for the account, or for the host. Decided by the stage and the reply.

use super::dialogue::Reply;
use crate::domain::delivery::{Delivery, Hold};

/// Where in a transaction we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Mail,
    Rcpt,
    Data,
    /// Between 354 and the final dot.
    Body,
    /// After the final dot.
    Dot,
}

/// Words of submission servers about the account, whatever the letter: seen with Postfix, Exim, Exchange, Gmail.
/// A short list on purpose: what is taken for the account's fault stops all letters.
const ABOUT_SENDER: [&str; 4] =
    ["sender address rejected", "not owned by user", "send as this sender", "sendasdenied"];
const ABOUT_POLICY: [&str; 7] = [
    "relay access denied",
    "relaying denied",
    "relay not permitted",
    "unable to relay",
    "sending limit",
    "daily user sending",
    "client host rejected",
];

/// The outcome that a negative reply at `stage` means.
pub(super) fn refused(stage: Stage, reply: &Reply) -> Delivery {
    let code = Some(reply.code);
    let text = reply.text();
    let held = |cause, text| Delivery::Held { cause, code, text };
    match reply.code {
        // RFC 5321, section 3.8: the service shuts the channel.
        421 => Delivery::Host { code, text },
        // Out of step (RFC 5321, section 4.2.4): the next connection begins anew.
        500 | 503 if stage == Stage::Mail => Delivery::Host { code, text },
        500 | 503 => Delivery::Deferred { code, text },
        400..500 => Delivery::Deferred { code, text },
        // RFC 4954, section 6.
        530 | 534 | 535 | 538 => held(Hold::Login, text),
        _ => {
            let words = text.to_lowercase();
            let says = |list: &[&str]| list.iter().any(|known| words.contains(known));
            // RFC 1870, section 6.2: too big, which MAIL with SIZE already learns.
            let too_big = reply.code == 552 || words.starts_with("5.3.4") || words.starts_with("5.2.3");
            if says(&ABOUT_POLICY) {
                held(Hold::Policy, text)
            } else if says(&ABOUT_SENDER) || (stage == Stage::Mail && !too_big) {
                held(Hold::Sender, text)
            } else {
                Delivery::Refused { code, text }
            }
        }
    }
}

/// The outcome of a lost, silent or babbling connection at `stage`.
///
/// From RCPT on it counts as an attempt at this letter: a server that falls over one letter must not make us
/// believe for ever that the host is down.
pub(super) fn lost(stage: Stage, text: String) -> Delivery {
    match stage {
        Stage::Mail => Delivery::Host { code: None, text },
        Stage::Rcpt | Stage::Data | Stage::Body => Delivery::Deferred { code: None, text },
        Stage::Dot => Delivery::Unknown { text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_laid_at_the_right_door() {
        for (stage, reply, expected) in [
            (Stage::Mail, "421 4.3.2 shutting down", "host"),
            (Stage::Mail, "451 4.3.0 try later", "deferred"),
            (Stage::Mail, "530 5.7.0 Must issue a STARTTLS command first", "login"),
            (Stage::Mail, "552 5.3.4 Message size exceeds fixed limit", "refused"),
            (Stage::Mail, "550 5.7.1 not you", "sender"),
            (Stage::Rcpt, "450 4.2.0 Greylisted", "deferred"),
            (Stage::Rcpt, "550 5.1.1 User unknown", "refused"),
            (Stage::Rcpt, "553 5.7.1 <a@b>: Sender address rejected: not owned by user ona", "sender"),
            (Stage::Rcpt, "554 5.7.1 <a@b>: Relay access denied", "policy"),
            (Stage::Rcpt, "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", "refused"),
            (Stage::Data, "554 5.5.1 no valid recipients", "refused"),
            (Stage::Dot, "550 5.7.1 looks like spam", "refused"),
            (Stage::Dot, "550 5.4.5 Daily user sending limit exceeded", "policy"),
            (Stage::Dot, "421 4.7.0 later", "host"),
            (Stage::Dot, "452 4.3.1 full", "deferred"),
        ] {
            let (code, text) = reply.split_once(' ').expect("a code");
            let reply = Reply { code: code.parse().expect("a number"), lines: vec![text.to_owned()] };
            let delivery = refused(stage, &reply);
            let word = match &delivery {
                Delivery::Held { cause, .. } => cause.word(),
                other => other.word(),
            };
            assert_eq!(word, expected, "{stage:?} {text}");
            assert_eq!(delivery.code(), Some(reply.code));
        }
    }
}
