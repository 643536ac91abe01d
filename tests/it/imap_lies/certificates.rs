//! Servers that are not who they should be, or were until some day.

use maildesk::mail::imap::{Session, Trouble};
use maildesk::mail::wire::{Security, Trust};
use tokio_rustls::TlsAcceptor;

use crate::support::certificates::Authority;
use crate::support::liar_imap::{PASSWORD, Script};

#[tokio::test]
async fn a_certificate_by_another_for_another_or_out_of_date_costs_no_password() {
    let (believed, other) = (Authority::new(), Authority::new());
    let acceptors: [(&str, TlsAcceptor); 3] = [
        ("by another", other.acceptor("127.0.0.1")),
        ("for another", believed.acceptor("mail.other.example")),
        ("out of date", believed.outdated("127.0.0.1")),
    ];
    for (what, acceptor) in acceptors {
        for security in [Security::Tls, Security::StartTls] {
            let script = match security {
                Security::Tls => Script::default().tls(acceptor.clone()),
                _ => Script::greeting("* OK ready\r\n")
                    .hear("STARTTLS", "{tag} OK begin\r\n")
                    .tls(acceptor.clone()),
            };
            let liar = script.say("* OK ready\r\n").start().await;
            let mut account = liar.account();
            account.endpoint.security = security;
            account.trust = Trust::load(Some(&believed.file())).unwrap();
            let trouble = Session::connect(&account).await.unwrap_err();
            let told = matches!(&trouble, Trouble::Refused(text) if text.contains("certificate"));
            assert!(told, "{what}, {security:?}: {trouble}");
            let heard = liar.heard().concat();
            assert!(!heard.contains("LOGIN") && !heard.contains(PASSWORD), "{what}: {heard}");
        }
    }
}

#[tokio::test]
async fn a_certificate_as_it_should_be_lets_us_in() {
    let believed = Authority::new();
    let listed = "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n";
    let script = Script::greeting("* OK ready\r\n")
        .hear("STARTTLS", "{tag} OK begin\r\n")
        .tls(believed.acceptor("127.0.0.1"))
        .hear("CAPABILITY", listed)
        .hear("LOGIN", "{tag} OK in\r\n")
        .hear("CAPABILITY", listed);
    let liar = script.start().await;
    let mut account = liar.account();
    account.endpoint.security = Security::StartTls;
    account.trust = Trust::load(Some(&believed.file())).unwrap();
    Session::connect(&account).await.unwrap();
}
