//! Signed tokens in reply addresses, and the short code in a subject where plus addresses do not arrive.
//!
//! `support+3107.TOKEN@desk.example` answers ticket 3107; `support+3107-take.TOKEN@…` takes it. A token is good
//! for one desk, one ticket, one holder and one verb. It proves that its bearer has had a letter of ours to that
//! holder; who sends it is another question (the holder's own From address).

use super::keys::{Keys, SEAL_CHARS};
use crate::domain::address::Address;

const USED_FOR: &str = "token";

/// What a mail to a token's address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// An answer in the ticket: of the client to the desk, of an agent to the client.
    Reply,
    /// Internal text of an agent.
    Note,
    /// An agent takes the ticket.
    Take,
    Resolve,
    /// The ticket waits for the client.
    Wait,
    /// The client's word that the matter is settled.
    Close,
    /// A new ticket that names this one.
    New,
    /// A rating, 1 to 5.
    Rate(u8),
}

impl Verb {
    /// All verbs, for links and for reading.
    pub const ALL: [Verb; 12] = [
        Verb::Reply,
        Verb::Note,
        Verb::Take,
        Verb::Resolve,
        Verb::Wait,
        Verb::Close,
        Verb::New,
        Verb::Rate(1),
        Verb::Rate(2),
        Verb::Rate(3),
        Verb::Rate(4),
        Verb::Rate(5),
    ];

    /// As it stands in an address; an answer has no word.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Reply => "",
            Verb::Note => "note",
            Verb::Take => "take",
            Verb::Resolve => "resolve",
            Verb::Wait => "wait",
            Verb::Close => "close",
            Verb::New => "new",
            Verb::Rate(0 | 1) => "r1",
            Verb::Rate(2) => "r2",
            Verb::Rate(3) => "r3",
            Verb::Rate(4) => "r4",
            Verb::Rate(_) => "r5",
        }
    }

    fn read(word: &str) -> Option<Verb> {
        Verb::ALL.into_iter().find(|verb| !word.is_empty() && verb.word().eq_ignore_ascii_case(word))
    }
}

/// A token as it was found, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    pub number: u64,
    pub verb: Verb,
    /// 18 characters, lower case.
    pub token: String,
}

/// Reads the part of a local part behind its `+`: `3107.TOKEN` or `3107-take.TOKEN`.
pub fn read(tag: &str) -> Option<Carried> {
    let (front, token) = tag.rsplit_once('.')?;
    let (number, verb) = match front.split_once('-') {
        Some((number, word)) => (number, Verb::read(word)?),
        None => (front, Verb::Reply),
    };
    carried(number, verb, token)
}

/// Finds a code of ours, `[#3107 TOKEN]`, in a subject; the last one counts. It stands for [`Verb::Reply`].
pub fn read_subject(subject: &str) -> Option<Carried> {
    subject.rsplit("[#").find_map(|rest| {
        let (code, _) = rest.split_once(']')?;
        let (number, token) = code.split_once(' ')?;
        carried(number, Verb::Reply, token.trim())
    })
}

fn carried(number: &str, verb: Verb, token: &str) -> Option<Carried> {
    let digits = (1..=18).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let sound = digits && token.len() == SEAL_CHARS && token.bytes().all(|b| b.is_ascii_alphanumeric());
    if !sound {
        return None;
    }
    Some(Carried { number: number.parse().ok()?, verb, token: token.to_ascii_lowercase() })
}

impl Keys {
    /// The token for `holder` (an agent's id, a team's address, or `"client"`) to do `verb` in one ticket.
    pub fn token(&self, desk: &str, number: u64, holder: &str, verb: Verb) -> String {
        self.seal(USED_FOR, &[desk, &number.to_string(), holder, verb.word()])
    }

    /// `mailbox` with the token in its plus tag; `None` when the local part would pass 64 bytes
    /// (RFC 5321, section 4.5.3.1.1) or be one that nobody reads back.
    pub fn reply_address(
        &self,
        mailbox: &Address,
        desk: &str,
        number: u64,
        holder: &str,
        verb: Verb,
    ) -> Option<Address> {
        let dash = if verb.word().is_empty() { "" } else { "-" };
        let token = self.token(desk, number, holder, verb);
        let tagged = mailbox.with_tag(&format!("{number}{dash}{}.{token}", verb.word()));
        Address::parse(tagged.as_str()).filter(|address| address.tag().is_some_and(|tag| read(tag).is_some()))
    }

    /// The code for subjects of letters to `holder` where plus addresses are not delivered: `[#3107 TOKEN]`.
    pub fn subject_code(&self, desk: &str, number: u64, holder: &str) -> String {
        format!("[#{number} {}]", self.token(desk, number, holder, Verb::Reply))
    }

    /// Whether this token was given by us, for this desk and holder. Takes the same time for every wrong token.
    pub fn verify(&self, carried: &Carried, desk: &str, holder: &str) -> bool {
        let number = carried.number.to_string();
        self.holds(USED_FOR, &[desk, &number, holder, carried.verb.word()], &carried.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::keys::Key;

    fn keys() -> Keys {
        Keys::new(Key::new(1, [7; 32]), vec![])
    }

    fn mailbox() -> Address {
        Address::parse("support@desk.example").expect("an address")
    }

    #[test]
    fn a_token_comes_back_from_its_address_for_every_verb() {
        for verb in Verb::ALL {
            let address =
                keys().reply_address(&mailbox(), "support", 3107, "ona", verb).expect("short enough");
            assert!(address.local().len() <= 64);
            let carried = read(address.tag().expect("a tag")).expect("a token");
            assert_eq!((carried.number, carried.verb), (3107, verb));
            assert!(keys().verify(&carried, "support", "ona"), "{verb:?}");
            assert!(!keys().verify(&carried, "support", "petr"));
            assert!(!keys().verify(&carried, "sales", "ona"));
        }
    }

    #[test]
    fn an_address_that_is_all_tag_carries_no_token() {
        let odd = Address::parse("+3107.ack@desk.example").expect("an address");
        assert_eq!(keys().reply_address(&odd, "support", 3107, "ona", Verb::Reply), None);
    }

    #[test]
    fn a_token_for_one_act_or_ticket_is_no_token_for_another() {
        let good = Carried {
            number: 3107,
            verb: Verb::Note,
            token: keys().token("support", 3107, "ona", Verb::Note),
        };
        assert!(keys().verify(&good, "support", "ona"));
        assert!(!keys().verify(&Carried { number: 3108, ..good.clone() }, "support", "ona"));
        assert!(!keys().verify(&Carried { verb: Verb::Resolve, ..good.clone() }, "support", "ona"));
        assert!(!keys().verify(&Carried { verb: Verb::Rate(5), ..good }, "support", "ona"));
    }

    #[test]
    fn an_address_in_capitals_still_carries_its_token() {
        let address =
            keys().reply_address(&mailbox(), "support", 3107, "ona", Verb::Take).expect("short enough");
        let carried = read(&address.tag().expect("a tag").to_uppercase()).expect("a token");
        assert!(keys().verify(&carried, "support", "ona"));
    }

    #[test]
    fn an_address_too_long_for_mail_systems_is_not_made() {
        let long = Address::parse(&format!("{}@desk.example", "a".repeat(45))).expect("an address");
        assert_eq!(keys().reply_address(&long, "support", 3107, "ona", Verb::Reply), None);
    }

    #[test]
    fn tags_that_are_not_ours_are_not_read() {
        for tag in [
            "",
            "new",
            "3107",
            "3107.",
            "3107.k7",
            ".aaaaaaaaaaaaaaaaaa",
            "x.aaaaaaaaaaaaaaaaaa",
            "3107-.aaaaaaaaaaaaaaaaaa",
            "3107-delete.aaaaaaaaaaaaaaaaaa",
            "3107-r6.aaaaaaaaaaaaaaaaaa",
            "-1.aaaaaaaaaaaaaaaaaa",
            "9999999999999999999.aaaaaaaaaaaaaaaaaa",
            "3107.aaaaaaaaaaaaaaaaaą",
        ] {
            assert_eq!(read(tag), None, "{tag}");
        }
    }

    #[test]
    fn the_code_in_a_subject_is_found_behind_reply_marks_and_other_brackets() {
        let code = keys().subject_code("support", 3107, "ona");
        assert_eq!(code.len(), "[#3107 ]".len() + SEAL_CHARS);
        for subject in [
            format!("{code} Neveikia spausdintuvas"),
            format!("Re: Ats: [EXT] {} Neveikia [#12]", code.to_uppercase()),
            format!("[#9 old] Fwd: {code}"),
        ] {
            let carried = read_subject(&subject).expect("a code");
            assert!(keys().verify(&carried, "support", "ona"), "{subject}");
        }
        assert_eq!(read_subject("[#3107] Neveikia"), None);
        assert_eq!(read_subject("[#3107 aaaaaaaaaaaaaaaaaa"), None);
    }
}
