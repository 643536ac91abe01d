//! Promises by severity, urgency and contract; and what a new request says.

use maildesk::domain::sla::clocks;
use maildesk::domain::step::{Opening, open};
use maildesk::domain::ticket::{Status, Ticket};

use super::ground::*;

fn due(ticket: &Ticket) -> (Option<String>, Option<String>) {
    let (respond, resolve) = clocks(ticket, ten(), &rules());
    let shown =
        |c: maildesk::domain::ticket::Clock| c.due.to_zoned(rules().zone).strftime("%d %H:%M").to_string();
    (respond.map(shown), resolve.map(shown))
}

#[test]
fn promises_are_reckoned_by_severity_urgency_and_contract() {
    let normal = ticket(Status::New);
    for (client, severity, urgent, respond, resolve) in [
        (Some("300000301"), "normal", false, "02 14:00", "03 09:00"),
        (None, "normal", false, "02 14:00", "06 14:00"),
        (Some("300000301"), "high", false, "02 11:00", "03 09:00"),
        (None, "high", false, "02 11:00", "03 09:00"),
        (Some("300000301"), "normal", true, "02 10:15", "02 12:00"),
        (Some("300000301"), "high", true, "02 10:15", "02 12:00"),
        (Some("no such"), "no such", false, "-", "06 14:00"),
    ] {
        let it = Ticket {
            client: client.map(str::to_owned),
            severity: severity.to_owned(),
            urgent,
            ..normal.clone()
        };
        let (answer, solution) = due(&it);
        assert_eq!(answer.as_deref().unwrap_or("-"), respond, "{client:?} {severity} {urgent}");
        assert_eq!(solution.as_deref().unwrap_or("-"), resolve, "{client:?} {severity} {urgent}");
    }
}

#[test]
fn a_warning_never_stands_before_the_promise_begins() {
    let (respond, resolve) = clocks(&Ticket { urgent: true, ..ticket(Status::New) }, ten(), &rules());
    assert_eq!(respond.unwrap().warn_at, None, "a quarter of an hour has no half hour");
    assert_eq!(resolve.unwrap().warn_at, Some(ten() + jiff::SignedDuration::from_mins(90)));
}

#[test]
fn a_request_is_acknowledged_and_told_to_the_agents() {
    let plain = open(opening(), ten(), &rules());
    assert_eq!(letters(&plain), ["ack > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!((plain.ticket.status(), plain.ticket.messages), (Status::New, 1));
    let urgent = Opening { urgent: Some("urgent".to_owned()), ..opening() };
    let urgent = open(urgent, after(9), &rules());
    assert_eq!(
        letters(&urgent),
        ["urgent_accepted > RequesterAndContract", "agent_new > NotifyNew", "escalation_head > Head"]
    );
    let muted = Opening { muted: Some("marked as spam".to_owned()), ..opening() };
    let muted = open(muted, ten(), &rules());
    assert_eq!(letters(&muted), ["agent_new > NotifyNew"]);
    assert!(muted.reason.ends_with("; no automatic mail: marked as spam"), "{}", muted.reason);
}

#[test]
fn a_deadline_counts_from_the_arrival_of_the_mail_not_from_its_reading() {
    let late = open(opening(), after(3), &rules());
    assert_eq!(late.ticket.respond.unwrap().due, after(4));
}
