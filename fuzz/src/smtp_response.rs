//! What an SMTP server answers.

use maildesk::domain::address::Address;
use maildesk::domain::delivery::Delivery;
use maildesk::mail::secret::Secret;
use maildesk::mail::smtp::{Auth, Connection, Deadlines, Refusal, Server as Relay};
use maildesk::mail::wire::{Endpoint, Security, Trust};

use super::talk::{self, Heard, Server};

/// Whatever the server says: a letter counts as taken only where its final dot was said and a 2xx came behind it; whatever
/// was said before the dot means that it was not sent; texts are short and clean, a refused login does not repeat the password; and
/// a connection that is out of step is not used again. The first byte chooses how we log in.
pub fn holds(bytes: &[u8]) {
    let Some((choice, script)) = bytes.split_first() else { return };
    talk::run(visit(script, *choice));
    super::grown(script, |big| {
        talk::run(visit(big, *choice));
    });
}

const PASSWORD: &str = "canary-slaptas";

const LETTER: &[u8] = b"Subject: labas\r\n\r\n.labas\r\n..\r\nOna\r\n";
const DOTTED: &[u8] = b"Subject: labas\r\n\r\n..labas\r\n...\r\nOna\r\n.\r\n";

fn relay(choice: u8) -> Relay {
    let auth = [Auth::Auto, Auth::Login, Auth::Plain, Auth::Xoauth2][usize::from(choice) % 4];
    Relay {
        endpoint: Endpoint { host: "mail.desk.example".to_owned(), port: 25, security: Security::Plain },
        login: (choice & 4 == 0).then(|| ("support@desk.example".to_owned(), Secret::new(PASSWORD))),
        auth,
        plain_login: false,
        trust: Trust::none(),
        deadlines: Deadlines::default(),
        hello: "desk.example".to_owned(),
    }
}

async fn visit(script: &[u8], choice: u8) {
    let (server, heard) = Server::of(script);
    let mut connection = match Connection::over(Box::new(server), &relay(choice)).await {
        Ok(connection) => connection,
        Err(Refusal::Host { text, code } | Refusal::Held { text, code, .. }) => {
            let is_told_it = String::from_utf8_lossy(&talk::all(&heard)).contains("AUTH ");
            assert!(!is_told_it || !text.contains(PASSWORD), "{text}");
            return is_told(&text, code);
        }
    };
    for one in connection.about().keywords.iter().map(String::as_str).chain([connection.about().name]) {
        assert!(super::is_one_line(one), "{one:?}");
    }
    let sender = Address::parse("support@desk.example").expect("an address");
    for person in ["ona@client.example", "janis@client.example", "ąžuolas@client.example"] {
        let recipient = Address::parse(person).expect("an address");
        let before = dots(&heard);
        let was_in_step = connection.is_reusable();
        let outcome = connection.send(Some(&sender), &recipient, LETTER).await;
        is_told(outcome.text(), outcome.code());
        let said = dots(&heard) > before;
        match &outcome {
            Delivery::Accepted { code, .. } => assert!(said && (200..300).contains(code), "{outcome:?}"),
            Delivery::Unknown { .. } => assert!(said, "unknown, though the dot was never said: {outcome:?}"),
            _ if !was_in_step => assert!(!said, "out of step, and used again"),
            _ => {}
        }
        assert!(was_in_step || !connection.is_reusable(), "out of step, and in step again");
    }
    assert!(!String::from_utf8_lossy(&talk::all(&heard)).contains(PASSWORD), "the password in the clear");
}

/// How often the letter was said to its end.
fn dots(heard: &Heard) -> usize {
    talk::all(heard).windows(DOTTED.len()).filter(|said| *said == DOTTED).count()
}

fn is_told(text: &str, code: Option<u16>) {
    assert!(text.chars().count() <= 700 && super::is_one_line(text), "{text:?}");
    assert!(code.is_none_or(|code| (200..600).contains(&code)), "{code:?}");
}
