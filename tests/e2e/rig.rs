//! The rig itself, before any daemon: what Postfix and Dovecot do, the daemon may rely on.

use std::io::ErrorKind;

use crate::support::odd_mail::{big, broken};
use crate::support::people::{SOON, compose, fresh_id};
use crate::support::smtp::Smtp;
use crate::support::town::{DESK, GONE, Town};

#[test]
fn a_mail_from_outside_reaches_the_mailbox_through_postfix_and_dovecot() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Sąskaita", "Labas,\n.\nšviesos nėra.");
    let mail = town.mailbox(DESK).wait_for("mail from Ona", SOON, |_| true);
    assert_eq!(mail.header("Message-ID").unwrap(), id);
    assert_eq!(mail.header("Return-Path").unwrap(), "<ona@client.example>");
    assert_eq!(mail.header("From").unwrap(), "ona@client.example");
    assert_eq!(mail.text().trim_end(), "Labas,\n.\nšviesos nėra.");
}

#[test]
fn submission_needs_tls_and_a_password() {
    let Some(town) = Town::start() else { return };
    let (postfix, desk) = (&town.postfix, town.user(DESK));
    let id = fresh_id(DESK);
    let mail = compose(DESK, "ona@client.example", &id, &[("Subject", "[#1]")], "Gavome.");
    let mail = mail.as_bytes();

    let mut bare = Smtp::plain(postfix.submission).unwrap();
    assert!(!bare.offers.contains("AUTH"), "{}", bare.offers);
    assert_eq!(bare.say(&format!("MAIL FROM:<{DESK}>")).unwrap().code, 530);

    let mut nameless = Smtp::start_tls(postfix.submission, &postfix.ca).unwrap();
    assert!(nameless.offers.contains("AUTH"), "{}", nameless.offers);
    let refused = nameless.send(DESK, "ona@client.example", mail).unwrap();
    assert_eq!(refused.code, 554, "{refused:?}");
    assert_eq!(nameless.log_in(DESK, "not this").unwrap().code, 535);
    assert_eq!(nameless.log_in(DESK, &desk.password).unwrap().code, 235);
    let foreign = nameless.send("petr@desk.example", "ona@client.example", mail).unwrap();
    assert_eq!(foreign.code, 553, "another's address as sender: {foreign:?}");
    assert!(nameless.send(DESK, "ona@client.example", mail).unwrap().is_good());

    let mut implicit = Smtp::tls(postfix.submissions, &postfix.ca).unwrap();
    assert_eq!(implicit.log_in(DESK, &desk.password).unwrap().code, 235);
    assert!(implicit.send("", "ona@client.example", mail).unwrap().is_good(), "an empty envelope sender");

    let inbox = town.mailbox("ona@client.example");
    inbox.wait_for_count(2, SOON);
    assert_eq!(inbox.message_ids().into_iter().collect::<Vec<_>>(), [id]);
    let stranger = Smtp::tls(postfix.submissions, std::path::Path::new("/etc/ssl/certs/ca-certificates.crt"))
        .err()
        .map(|e| e.kind());
    assert_eq!(stranger, Some(ErrorKind::InvalidData), "a certificate of another authority");
}

#[test]
fn the_plus_tag_survives_delivery() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes("help+t7.k3v9q@desk.example", "Re: [#7]", "Vis dar nešviečia.");
    let mail = town.mailbox(DESK).wait_for("mail with a tag", SOON, |_| true);
    assert_eq!(mail.header("Delivered-To").unwrap(), "help+t7.k3v9q@desk.example");
    assert_eq!(mail.header("X-Original-To").unwrap(), "help+t7.k3v9q@desk.example");
}

#[test]
fn an_unknown_recipient_is_refused_at_rcpt() {
    let Some(town) = Town::start() else { return };
    let mut smtp = Smtp::plain(town.postfix.outside).unwrap();
    assert_eq!(smtp.say("MAIL FROM:<ona@client.example>").unwrap().code, 250);
    assert_eq!(smtp.say("RCPT TO:<nobody@desk.example>").unwrap().code, 550);
    assert_eq!(smtp.say("RCPT TO:<ona@elsewhere.example>").unwrap().code, 554, "no relaying");
    assert_eq!(smtp.say(&format!("RCPT TO:<{DESK}>")).unwrap().code, 250);
}

#[test]
fn a_bounce_comes_back() {
    let Some(town) = Town::start() else { return };
    let desk = town.user(DESK);
    let mut smtp = Smtp::tls(town.postfix.submissions, &town.postfix.ca).unwrap();
    assert!(smtp.log_in(DESK, &desk.password).unwrap().is_good());
    let id = fresh_id(DESK);
    let mail = compose(DESK, GONE, &id, &[("Subject", "[#1] Gavome")], "Gavome.");
    assert!(smtp.send(DESK, GONE, mail.as_bytes()).unwrap().is_good());
    let bounce = town.mailbox(DESK).wait_for("bounce", SOON, |_| true);
    assert_eq!(bounce.header("Return-Path").unwrap(), "<>");
    assert!(bounce.header("Content-Type").unwrap().contains("report-type=delivery-status"));
    let text = String::from_utf8_lossy(&bounce.bytes);
    assert!(text.contains("Action: failed") && text.contains(&id), "{text}");
    let elsewhere = smtp.send(DESK, "somebody@elsewhere.example", mail.as_bytes()).unwrap();
    assert_eq!(elsewhere.code, 550, "what cannot be delivered anywhere is refused at once: {elsewhere:?}");
}

#[test]
fn mail_waits_in_postfix_while_dovecot_is_away_and_nothing_is_lost_with_postfix_away() {
    let Some(mut town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "First", "Labas");
    // A mail whose delivery was cut off before the final reply is delivered a second time: none may be on its way.
    town.settle(SOON);
    town.stop_dovecot();
    let ids = ona.writes_many(DESK, 20);
    assert_eq!(town.postfix.queued(), 20);
    town.postfix.stop();
    assert!(Smtp::plain(town.postfix.outside).is_err());
    town.postfix.resume();
    town.resume_dovecot();
    town.mailbox(DESK).wait_for_count(21, SOON);
    town.settle(SOON);
    assert_eq!(town.mailbox(DESK).message_ids().len(), 21);
    assert!(ids.iter().all(|id| town.mailbox(DESK).message_ids().contains(id)));
}

#[test]
fn a_second_client_reads_flags_moves_and_deletes() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes_many(DESK, 3);
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(3, SOON);
    let mut mutt = town.second_client(DESK);
    assert_eq!(mutt.search("ALL"), [1, 2, 3]);
    assert!(mutt.read(1).contains("shows fault"));
    mutt.flag(1, "\\Flagged");
    mutt.move_to(2, "Elsewhere");
    mutt.delete(3);
    let left = inbox.letters();
    assert_eq!((left.len(), left[0].flags().as_str()), (1, "FS"));
    assert_eq!(inbox.folder("Elsewhere").count(), 1);
}

#[test]
fn a_recreated_mailbox_has_another_uidvalidity_and_begins_at_one() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes_many(DESK, 2);
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(2, SOON);
    let before = town.second_client(DESK).validity();
    inbox.recreate();
    ona.writes(DESK, "Afterwards", "Labas");
    inbox.wait_for_count(1, SOON);
    let mut after = town.second_client(DESK);
    assert_eq!((after.validity(), after.search("ALL")), (before + 1, vec![1]));
}

#[test]
fn broken_mails_and_one_of_40_megabytes_lie_in_the_mailbox() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "First", "Labas");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, SOON);
    let broken = broken(DESK);
    broken.iter().for_each(|(_, mail)| inbox.put(mail));
    let id = fresh_id(&ona.address);
    let reply = ona.sends_raw(DESK, &big(&ona.address, DESK, &id, 40_000_000));
    assert!(reply.is_good(), "{reply:?}");
    inbox.wait_for_count(broken.len() + 2, SOON);
    let mut client = town.second_client(DESK);
    assert_eq!(client.search("ALL").len(), broken.len() + 2);
    assert_eq!(client.search("LARGER 40000000").len(), 1);
}
