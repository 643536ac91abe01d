//! The sandbox itself: ports, tasks, life and end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::delivery::{self, Deliveries, Delivery, Incoming, Via};
use super::directory::{Directory, Refusal};
use super::mailbox::{INBOX, Message};
use super::state::{Clock, Shared, State};
use super::{imap, smtp};

/// What a sandbox serves.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The name in greetings and trace headers.
    pub hostname: String,
    /// The domains it takes mail for; everything else is refused as relaying.
    pub domains: Vec<String>,
    /// Addresses and passwords; each address is in one of the domains.
    pub accounts: Vec<(String, String)>,
    /// Domain and account: who takes the mail of that domain that nobody else has.
    pub catch_all: Vec<(String, String)>,
    /// Loopback port for IMAP; 0 takes a free one.
    pub imap_port: u16,
    /// Loopback port for SMTP; 0 takes a free one.
    pub smtp_port: u16,
    /// Where internal dates and trace headers take their time from.
    pub clock: Clock,
}

impl SandboxConfig {
    /// A sandbox on free ports for these accounts and the domains they are in.
    pub fn new<'a>(accounts: impl IntoIterator<Item = (&'a str, &'a str)>, clock: Clock) -> SandboxConfig {
        let accounts: Vec<(String, String)> = accounts
            .into_iter()
            .map(|(address, password)| (address.to_owned(), password.to_owned()))
            .collect();
        let mut domains: Vec<String> = accounts
            .iter()
            .filter_map(|(address, _)| address.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()))
            .collect();
        domains.sort();
        domains.dedup();
        SandboxConfig {
            hostname: "sandbox.example".to_owned(),
            domains,
            accounts,
            catch_all: Vec::new(),
            imap_port: 0,
            smtp_port: 0,
            clock,
        }
    }
}

/// A running mail server in this process. Dropping it ends it without waiting; [`Sandbox::stop`] waits.
pub struct Sandbox {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    imap_addr: SocketAddr,
    smtp_addr: SocketAddr,
}

impl Sandbox {
    /// Binds both ports on loopback and serves them on the current tokio runtime.
    ///
    /// # Errors
    /// `InvalidInput` for an account or catch-all outside the domains; whatever binding says.
    pub async fn start(config: SandboxConfig) -> io::Result<Sandbox> {
        let directory = Directory::new(
            config.domains.iter().map(String::as_str),
            config.accounts.iter().map(|(address, _)| address.as_str()),
            config.catch_all.iter().map(|(domain, account)| (domain.as_str(), account.as_str())),
        )
        .map_err(|problem| io::Error::new(io::ErrorKind::InvalidInput, problem))?;
        let seed = u32::try_from((config.clock)().as_second()).unwrap_or(1);
        let mut state = State::new(seed);
        for (address, password) in &config.accounts {
            state.add_account(address, password);
        }
        let imap = TcpListener::bind((Ipv4Addr::LOCALHOST, config.imap_port)).await?;
        let smtp = TcpListener::bind((Ipv4Addr::LOCALHOST, config.smtp_port)).await?;
        let (imap_addr, smtp_addr) = (imap.local_addr()?, smtp.local_addr()?);
        let shared = Arc::new(Shared::new(config.hostname, directory, config.clock, state));
        let tasks = TaskTracker::new();
        tasks.spawn(accept(imap, shared.clone(), tasks.clone(), imap::serve));
        tasks.spawn(accept(smtp, shared.clone(), tasks.clone(), smtp::serve));
        Ok(Sandbox { shared, tasks, imap_addr, smtp_addr })
    }

    /// Where IMAP listens.
    pub fn imap_addr(&self) -> SocketAddr {
        self.imap_addr
    }

    /// Where SMTP listens.
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp_addr
    }

    /// Delivers a mail as if it came from outside; the envelope sender is the address in its From.
    ///
    /// # Errors
    /// [`Refusal`], as SMTP would refuse the recipient.
    pub fn deliver(&self, recipient: &str, bytes: &[u8]) -> Result<Arc<Delivery>, Refusal> {
        let parsed = mail_parser::MessageParser::default().parse_headers(bytes);
        let sender = parsed
            .as_ref()
            .and_then(|mail| mail.from()?.first()?.address())
            .filter(|address| !address.contains(['<', '>', '\r', '\n']))
            .unwrap_or_default();
        self.deliver_from(sender, recipient, bytes)
    }

    /// Delivers a mail as if it came from outside with this envelope sender; empty stands for `<>`.
    ///
    /// # Errors
    /// [`Refusal`], as SMTP would refuse the recipient.
    pub fn deliver_from(
        &self,
        envelope_sender: &str,
        recipient: &str,
        bytes: &[u8],
    ) -> Result<Arc<Delivery>, Refusal> {
        let route = self.shared.directory.route(recipient)?;
        let mail = Incoming { envelope_sender, via: &Via::Process, bytes };
        let mut made = delivery::deliver(&self.shared, &mail, &[(recipient.to_owned(), route)]);
        Ok(made.pop().expect("one recipient makes one delivery"))
    }

    /// The mailbox of an account; `None` if there is no such account.
    pub fn mailbox(&self, address: &str) -> Option<Mailbox> {
        let account = self.shared.directory.account(address)?.to_owned();
        Some(Mailbox { shared: self.shared.clone(), account })
    }

    /// The deliveries from now on.
    pub fn deliveries(&self) -> Deliveries {
        let next = self.shared.look().log.len();
        Deliveries { shared: self.shared.clone(), next }
    }

    /// The deliveries since the start.
    pub fn deliveries_from_start(&self) -> Deliveries {
        Deliveries { shared: self.shared.clone(), next: 0 }
    }

    /// The first delivery since the start that `wanted` accepts; waits for it. `None` when the sandbox
    /// stopped before one came. Time limits are the caller's.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Delivery) -> bool) -> Option<Arc<Delivery>> {
        let mut deliveries = self.deliveries_from_start();
        loop {
            let delivery = deliveries.next().await?;
            if wanted(&delivery) {
                return Some(delivery);
            }
        }
    }

    /// Says goodbye on every connection, closes the ports and waits for the tasks to end.
    pub async fn stop(self) {
        self.shared.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
    }
}

/// What one account holds, seen from inside the process.
pub struct Mailbox {
    shared: Arc<Shared>,
    account: String,
}

impl Mailbox {
    /// The messages of the INBOX, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.messages_in(INBOX)
    }

    /// The messages of a folder, oldest first; none if there is no such folder.
    pub fn messages_in(&self, folder: &str) -> Vec<Message> {
        let mut state = self.shared.look();
        state.folder_mut(&self.account, folder).map(|folder| folder.messages.clone()).unwrap_or_default()
    }

    /// The names of the folders.
    pub fn folders(&self) -> Vec<String> {
        self.shared.look().account_mut(&self.account).folders.keys().cloned().collect()
    }
}

/// Takes connections until the sandbox stops; each is served by a task of its own.
async fn accept<F, S>(listener: TcpListener, shared: Arc<Shared>, tasks: TaskTracker, serve: S)
where
    S: Fn(TcpStream, Arc<Shared>) -> F,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Replies are small and answered at once: waiting to fill a packet only slows both sides.
                _ = stream.set_nodelay(true);
                let session = serve(stream, shared.clone());
                tasks.spawn(async move {
                    if let Err(error) = session.await {
                        tracing::debug!(%peer, %error, "a sandbox connection broke");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the sandbox cannot take a connection");
                // Out of descriptors, most likely: some must close first.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}
