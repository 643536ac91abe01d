//! A window for monitoring: `/live`, `/ready` and `/metrics` over HTTP, without a login and therefore on loopback.
//!
//! hyper reads and writes HTTP; what is served is made anew for each question and is small. Whoever is slow is cut
//! off: a connection has [`CONNECTION_MAX`] for everything, and there are at most [`CONNECTIONS_MAX`].

mod metrics;
mod page;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::house::House;
use super::readiness::{not_live, not_ready};
use crate::mail::http_stream::Io;

/// A connection is closed after this, whatever it is at.
const CONNECTION_MAX: Duration = Duration::from_secs(10);
/// Connections that are served at a time; who comes then waits.
const CONNECTIONS_MAX: usize = 16;
/// Longest request line with its headers; hyper wants at least this much.
const HEAD_BYTES_MAX: usize = 8_192;
const HEADERS_MAX: usize = 50;
/// The store is waited for so long: a commit that takes longer is told as trouble.
const STORE_MAX: Duration = Duration::from_secs(4);

/// Serves until the house stops. Without an address in the configuration nothing listens.
pub async fn run(house: House) {
    let Some(address) = house.settings.http else { return house.stop.cancelled().await };
    match TcpListener::bind(address).await {
        Ok(listener) => serve(listener, house).await,
        Err(error) => {
            tracing::error!(%address, %error, "nobody can look at /live, /ready and /metrics");
            house.stop.cancelled().await;
        }
    }
}

/// Serves connections to `listener` until the house stops.
pub async fn serve(listener: TcpListener, house: House) {
    let mut guests = JoinSet::new();
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let seat = seats.clone().acquire_owned();
        let come = async { (seat.await, listener.accept().await) };
        tokio::select! {
            () = house.stop.cancelled() => return,
            Some(_) = guests.join_next() => {}
            (seat, come) = come => match come {
                Ok((stream, guest)) => {
                    let house = house.clone();
                    guests.spawn(async move {
                        let _seat = seat;
                        attend(stream, guest, house).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the window for monitoring cannot take a connection");
                    // Out of descriptors, most likely: some must close first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

/// One connection, one question.
async fn attend(stream: TcpStream, guest: SocketAddr, house: House) {
    let service = service_fn(move |request: Request<Incoming>| {
        let house = house.clone();
        async move { Ok::<_, Infallible>(answer(&house, request.method(), request.uri().path()).await) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.keep_alive(false).max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX).half_close(false);
    let serving = http.serve_connection(Io(stream), service);
    match tokio::time::timeout(CONNECTION_MAX, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%guest, %error, "a question of monitoring broke off"),
        Err(_) => tracing::debug!(%guest, "a question of monitoring took too long"),
    }
}

/// What is answered to a question.
async fn answer(house: &House, method: &Method, path: &str) -> Response<String> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is understood\n".to_owned());
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/live" => verdict("live", not_live(house)),
        "/ready" => verdict("ready", not_ready(house)),
        "/metrics" => {
            let mut page = text(StatusCode::OK, metrics::page(house).await);
            let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            page.headers_mut().insert(CONTENT_TYPE, format);
            page
        }
        "/" => text(StatusCode::OK, "maildesk: /live, /ready, /metrics\n".to_owned()),
        _ => text(StatusCode::NOT_FOUND, "there are /live, /ready and /metrics\n".to_owned()),
    }
}

/// 200 with the word, or 503 with one reason a line.
fn verdict(word: &str, reasons: Vec<String>) -> Response<String> {
    if reasons.is_empty() {
        return text(StatusCode::OK, format!("{word}\n"));
    }
    let lines: String = reasons.iter().map(|reason| format!("{}\n", one_line(reason))).collect();
    text(StatusCode::SERVICE_UNAVAILABLE, format!("not {word}\n{lines}"))
}

/// Servers' words may have line ends in them.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn text(status: StatusCode, body: String) -> Response<String> {
    let mut page = Response::new(body);
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}
