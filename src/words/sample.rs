//! Invented letters, with which every template is tried out before it is used.

use super::context::*;

/// Everything present; everything optional absent; and, for the letters that tell them apart, each event and
/// reason by itself.
pub(super) fn contexts(template: &str) -> Vec<Context> {
    let full = full();
    let mut by_phone = full.clone();
    by_phone.public.ticket.channel = "phone".to_owned();
    by_phone.public.ticket.deadline = None;
    by_phone.internal.clock = Some(PromiseKind::Resolve);
    by_phone.internal.error = None;
    let mut done = by_phone.clone();
    done.internal.ask_time = false;
    let mut all = vec![bare(template), full.clone(), by_phone, done];
    match template {
        "agent_update" => all.extend(EVENTS.map(|event| {
            let mut context = full.clone();
            context.internal.event = Some(event);
            context
        })),
        "escalation_head" => all.extend(REASONS.map(|reason| {
            let mut context = full.clone();
            context.public.reason = Some(reason.as_str().to_owned());
            context
        })),
        _ => {}
    }
    all
}

const EVENTS: [TicketEvent; 6] = [
    TicketEvent::ClientReply,
    TicketEvent::Reopened,
    TicketEvent::Note,
    TicketEvent::AgentReply,
    TicketEvent::OfferLapsed,
    TicketEvent::Bounce,
];

const REASONS: [EscalationReason; 7] = [
    EscalationReason::BreachRespond,
    EscalationReason::BreachResolve,
    EscalationReason::Complaint,
    EscalationReason::LowRating,
    EscalationReason::UrgentOffHours,
    EscalationReason::Unassigned,
    EscalationReason::Asked,
];

/// A context in which every name has a value.
pub(super) fn full() -> Context {
    Context { public: full_public(), internal: full_internal() }
}

/// A context in which only what always exists in this letter has a value.
pub(super) fn bare(template: &str) -> Context {
    let mut bare = Context::default();
    if template == "rating_thanks" {
        bare.public.rating = Some(full_rating());
    }
    bare.public.desk.name = "STEKO".to_owned();
    bare.public.ticket = TicketView {
        tag: "[KL-3107]".to_owned(),
        number: "KL-3107".to_owned(),
        subject: "Test".to_owned(),
        channel: "email".to_owned(),
        channel_label: "e-mail".to_owned(),
        state_label: "new".to_owned(),
        ..TicketView::default()
    };
    bare.internal.quote = "> text".to_owned();
    bare.internal.author = named("Jānis Test");
    bare.internal.agent = named("Petr Test");
    bare.public.announcement =
        Announcement { title: "News".to_owned(), text: "Text".to_owned(), effective_on: None };
    bare
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn named(name: &str) -> Named {
    Named { name: name.to_owned() }
}

fn full_public() -> Public {
    Public {
        desk: full_desk(),
        head: person("Alice Head"),
        ticket: full_ticket(),
        client: ClientView {
            name: some("UAB Pieva"),
            code: some("300000017"),
            contract_hint: some("UAB Pieva"),
        },
        requester: person("Ona Test"),
        contract: ContractView { name: some("A-17"), hours_left: some("3:20") },
        consultant: Consultant {
            name: some("Petr Test"),
            phone: some("+420 600 000 000"),
            signature: some("Petr\nSTEKO"),
        },
        wish: Some(named("Olga Test")),
        group: vec!["Jānis Test".to_owned()],
        missing: vec![Missing { label: "position".to_owned(), hint: some("as on the card") }],
        faq: vec![Faq { title: "How".to_owned(), url: "https://steko.example.test/faq".to_owned() }],
        answer: some("{{ this is no template }} %}"),
        question: some("Which version?"),
        offer: Offer {
            work: "Work".to_owned(),
            price: "122,50 EUR".to_owned(),
            date: "2026-05-06".to_owned(),
            valid_until: "2026-05-03".to_owned(),
        },
        rating: Some(full_rating()),
        period: Period { from: "2026-02-01".to_owned(), to: "2026-02-28".to_owned() },
        rows: vec![full_row()],
        totals: Totals {
            spent: "1:00".to_owned(),
            included: some("1:00"),
            beyond: some("0:00"),
            amount: some("122,50"),
        },
        invoice: Invoice {
            number: "P-1".to_owned(),
            rate: some("60,00"),
            net: "60,00".to_owned(),
            vat: "12,60".to_owned(),
            total: "72,60".to_owned(),
            due: some("2026-03-15"),
        },
        announcement: Announcement {
            title: "New hours".to_owned(),
            text: "From October".to_owned(),
            effective_on: some("2026-10-01"),
        },
        channel_label: some("by WhatsApp"),
        rejected: vec![Rejected {
            name: "film.mp4".to_owned(),
            size: "80 MB".to_owned(),
            reason: "large".to_owned(),
        }],
        mail: MailView { subject: "Statement".to_owned(), date: "2026-02-17".to_owned() },
        reason: some("low_rating"),
        link: Link {
            url: "https://steko.example.test/in".to_owned(),
            expires_at: "2026-02-18 10:00".to_owned(),
        },
    }
}

fn full_desk() -> Desk {
    Desk {
        name: "STEKO".to_owned(),
        phone: some("+370 600 10100"),
        address: some("help@steko.example.test"),
        sales_address: some("sales@steko.example.test"),
        rules_url: some("https://steko.example.test/rules"),
        text_limit: some("8000"),
        attachment_limit: some("25 MB"),
        fifo_note: true,
        banner: Some("…".to_owned()),
    }
}

fn person(name: &str) -> Person {
    Person { name: some(name), email: some("person@steko.example.test"), phone: some("+370 600 10101") }
}

fn full_ticket() -> TicketView {
    let at = || some("2026-03-12 10:20");
    TicketView {
        tag: "[KL-3107]".to_owned(),
        number: "KL-3107".to_owned(),
        subject: "Test".to_owned(),
        channel: "email".to_owned(),
        channel_label: "by e-mail".to_owned(),
        state_label: "new".to_owned(),
        severity_label: some("normal"),
        type_label: some("consultation"),
        received_at: at(),
        asked_at: at(),
        resolved_at: at(),
        close_at: at(),
        expires_at: at(),
        respond_by: at(),
        deadline: at(),
        old_deadline: at(),
        previous: some("KL-3001"),
        urgent: true,
        surcharge: some("+50 %"),
        spent: some("0:40"),
        work: some("Templates installed"),
        truncated: true,
        late: true,
        oversize: true,
    }
}

fn full_rating() -> Rating {
    let link = |value: u8| format!("mailto:rate+{value}@steko.example.test");
    Rating { r1: link(1), r2: link(2), r3: link(3), r4: link(4), r5: link(5), value: Some(2), low: true }
}

fn full_row() -> Row {
    Row {
        number: "KL-3107".to_owned(),
        requested_on: "2026-02-10".to_owned(),
        done_on: some("2026-02-11"),
        consultant: some("Petr Test"),
        spent: "1:00".to_owned(),
        problem: "Report".to_owned(),
        work: "Formula".to_owned(),
    }
}

fn full_internal() -> Internal {
    let line = || {
        vec![DigestLine {
            tag: "[KL-3107]".to_owned(),
            due: "2026-03-12 10:20".to_owned(),
            client: "UAB Pieva".to_owned(),
            subject: "Test".to_owned(),
        }]
    };
    Internal {
        quote: "> text".to_owned(),
        attachments: vec!["a.png".to_owned(), "b.png".to_owned()],
        fields: vec![FieldView { label: "position".to_owned(), value: "accountant".to_owned() }],
        note: some("Look at the log"),
        event: Some(TicketEvent::ClientReply),
        author: named("Jānis Test"),
        agent: named("Petr Test"),
        bounce: Bounce {
            address: "ona@pieva.example.test".to_owned(),
            reason: "550 no such user".to_owned(),
        },
        clock: Some(PromiseKind::Respond),
        due: some("2026-03-12 10:20"),
        time_left: some("0:30"),
        error: some("unknown command"),
        suggestion: some("#resolve"),
        original: some("> #reslove"),
        ask_time: true,
        done: vec!["resolved".to_owned()],
        today: some("2026-03-12"),
        overdue: line(),
        due_today: line(),
        to_answer: line(),
        unassigned: line(),
        no_time: line(),
        set_aside: vec![AsideLine {
            number: "31".to_owned(),
            date: "2026-03-12 10:20".to_owned(),
            sender: some("ona@pieva.example.test"),
            subject: "Test".to_owned(),
            reason: "it goes in circles".to_owned(),
        }],
        links: AgentLinks {
            note: some("mailto:note@steko.example.test"),
            take: some("mailto:take@steko.example.test"),
            resolve: some("mailto:resolve@steko.example.test"),
            new: some("mailto:new@steko.example.test"),
            console: some("https://steko.example.test/KL-3107"),
        },
    }
}
