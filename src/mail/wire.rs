//! Sockets to mail servers: TCP without Nagle's delay, TLS with a verified certificate.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314, section 3): the default.
    Tls,
    /// Plain greeting, then STARTTLS, required: without it nothing secret is sent.
    StartTls,
    /// No protection. Configuration allows it to loopback addresses only, unless it is told otherwise.
    Plain,
}

/// Where a server listens and how the connection is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// Any connected byte stream, whatever lies below it.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Stream for T {}

/// A connected stream whose kind no longer matters.
pub type Wire = Box<dyn Stream>;

/// The certificate authorities that we believe.
#[derive(Clone, Debug)]
pub struct Trust {
    client: Arc<ClientConfig>,
    /// When the certificate ends that was shown last.
    ends: Arc<Mutex<Option<Timestamp>>>,
}

impl Trust {
    /// The system's authorities and, where given, those of one PEM file beside them.
    ///
    /// # Errors
    /// When the file cannot be read, holds no certificate, or no authority is known at all.
    pub fn load(ca_file: Option<&Path>) -> io::Result<Trust> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            let extra: Vec<CertificateDer> = CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|e| io::Error::other(format!("{}: {e}", path.display())))?;
            if extra.is_empty() {
                return Err(io::Error::other(format!("{}: holds no certificate", path.display())));
            }
            roots.add_parsable_certificates(extra);
        }
        Ok(Trust::of(roots))
    }

    /// Believes nobody: for connections without TLS.
    pub fn none() -> Trust {
        Trust::of(RootCertStore::empty())
    }

    fn of(roots: RootCertStore) -> Trust {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring offers the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Trust { client: Arc::new(client), ends: Arc::default() }
    }

    /// When the certificate ends that a server showed last; `None` before the first, and where it cannot be read.
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, certificates: Option<&[CertificateDer<'_>]>) {
        let ends = certificates.and_then(<[_]>::first).and_then(|own| super::certificate::ends(own));
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }
}

/// Opens a TCP connection within `limit`, with TCP_NODELAY and keepalive (60 s, then every 10 s).
///
/// # Errors
/// The host is unknown, refuses, or does not answer in time.
pub async fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let stream = within(limit, "connecting", TcpStream::connect((host, port))).await?;
    stream.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(10));
    socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

/// Puts TLS over `stream` and verifies that the certificate is for `host`.
///
/// # Errors
/// The handshake fails, the certificate is not trusted or for another name, or time runs out.
pub async fn secure<S: Stream>(
    stream: S,
    host: &str,
    trust: &Trust,
    limit: Duration,
) -> io::Result<TlsStream<S>> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| io::Error::other(format!("{host} is not a host name a certificate can carry")))?;
    let connector = TlsConnector::from(trust.client.clone());
    let secured = within(limit, "TLS handshake", connector.connect(name, stream)).await?;
    trust.shown(secured.get_ref().1.peer_certificates());
    Ok(secured)
}

/// Runs one I/O step under a deadline; running out of time is an error of kind `TimedOut`.
///
/// # Errors
/// Those of the step, or `TimedOut` naming `what`.
pub async fn within<T>(
    limit: Duration,
    what: &str,
    step: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match tokio::time::timeout(limit, step).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("{what}: no answer in {limit:?}"))),
    }
}
