//! One HTTPS request: a form is posted, an answer is read. For the servers that give out access tokens.
//!
//! hyper speaks HTTP over a connection of our own, so that certificates, authorities and deadlines are those of the
//! mail servers. Redirects are not followed: what is posted is secret.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response};
use url::{Host, Position, Url, form_urlencoded};

use super::http_stream::Io;
use super::wire::{Trust, Wire, connect, secure, within};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Name lookup and TCP.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// All of it, from the lookup to the last byte.
    pub whole: Duration,
}

/// What the server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// 100 to 599.
    pub status: u16,
    /// How long the server wants to be left alone, where it says so in seconds.
    pub retry_after: Option<Duration>,
    /// May hold secrets.
    pub body: Vec<u8>,
}

/// Whether nothing secret can be overheard on the way there: TLS, or this machine.
pub fn is_private(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        _ => false,
    }
}

/// Posts a form and reads the answer, whatever its status.
///
/// # Errors
/// The server cannot be reached or trusted, is silent, does not speak HTTP or does not stop; or `url` leads over an
/// unprotected network.
pub async fn post_form(url: &Url, form: &[(&str, &str)], trust: &Trust, limits: Limits) -> io::Result<Reply> {
    within(limits.whole, "waiting for the answer", exchange(url, form, trust, limits)).await
}

async fn exchange(url: &Url, form: &[(&str, &str)], trust: &Trust, limits: Limits) -> io::Result<Reply> {
    let wire = open(url, trust, limits).await?;
    let request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("maildesk/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish())
        .map_err(io::Error::other)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(Io(wire)).await.map_err(io::Error::other)?;
    // Ends by itself when the answer was read, or the sender is dropped.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    read(response).await
}

async fn open(url: &Url, trust: &Trust, limits: Limits) -> io::Result<Wire> {
    if !is_private(url) {
        let text = format!("{} is no https address, and nothing secret goes there", bare(url));
        return Err(io::Error::other(text));
    }
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(ip)) => ip.to_string(),
        Some(Host::Ipv6(ip)) => ip.to_string(),
        None => String::new(),
    };
    let tcp = connect(&host, url.port_or_known_default().unwrap_or(443), limits.connect).await?;
    match url.scheme() {
        "https" => Ok(Box::new(secure(tcp, &host, trust, limits.tls).await?)),
        _ => Ok(Box::new(tcp)),
    }
}

/// An address without what a log need not know.
pub fn bare(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

async fn read(response: Response<Incoming>) -> io::Result<Reply> {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
        if let Ok(piece) = frame.map_err(io::Error::other)?.into_data() {
            body.extend_from_slice(&piece);
        }
        if body.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other("the answer is too long"));
        }
    }
    Ok(Reply { status, retry_after, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for (url, expected) in [
            ("https://login.microsoftonline.com/x/oauth2/v2.0/token", true),
            ("http://127.0.0.1:8080/token", true),
            ("http://[::1]/token", true),
            ("http://localhost/token", true),
            ("http://login.example/token", false),
            ("http://localhost.example/token", false),
            ("http://10.0.0.1/token", false),
            ("ftp://127.0.0.1/token", false),
        ] {
            assert_eq!(is_private(&Url::parse(url).expect("an address")), expected, "{url}");
        }
    }
}
