//! The operator's settings of a relay as the wire wants them.

use std::io;
use std::time::Duration;

use crate::config::{self, SmtpSettings, Waits};
use crate::mail::secret::Secret;
use crate::mail::smtp::{Deadlines, Server};
use crate::mail::wire::{Endpoint, Security, Trust};

/// RFC 5321, section 4.5.3.2.5: three minutes for a block of data.
const BLOCK: Duration = Duration::from_secs(180);

/// The server that a desk's letters leave through.
///
/// # Errors
/// The authorities to be believed cannot be read.
pub fn server(settings: &SmtpSettings, waits: &Waits) -> io::Result<Server> {
    let at = &settings.server;
    let security = match at.security {
        config::Security::Tls => Security::Tls,
        config::Security::StartTls => Security::StartTls,
        config::Security::Plain => Security::Plain,
    };
    let login = settings.login.as_ref();
    Ok(Server {
        endpoint: Endpoint { host: at.host.clone(), port: at.port, security },
        login: login.map(|login| (login.user.clone(), Secret::new(login.password.expose()))),
        // The configuration lets `plain` to another machine pass only on the operator's word.
        plain_login: security == Security::Plain,
        trust: Trust::load(at.ca_file.as_deref())?,
        deadlines: deadlines(waits),
        hello: settings.ehlo.clone().unwrap_or_else(machine_name),
    })
}

fn deadlines(waits: &Waits) -> Deadlines {
    Deadlines {
        connect: waits.connect,
        tls: waits.tls,
        greeting: waits.greeting,
        mail: waits.smtp_command,
        rcpt: waits.smtp_command,
        data: waits.smtp_command,
        block: waits.smtp_command.min(BLOCK),
        dot: waits.smtp_data_end,
        // The postman hangs up by his own watch; this one only has to be no shorter.
        idle: waits.smtp_keep + Duration::from_secs(1),
    }
}

/// The name of this machine where it is a whole one (RFC 5321, section 2.3.5); servers refuse half names.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.contains('.') { name.to_owned() } else { String::new() }
}
