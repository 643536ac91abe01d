//! A provider's token endpoint on loopback: gives tokens as it is told, and tells Dovecot whose a token is.
//!
//! A refresh token that is replaced is good until its successor, or the access token that came with that, is used
//! (RFC 9700, section 4.14.2, lets a server be so lenient): whoever uses a new one before he has kept it loses both
//! when he is killed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// The secret of every application here.
pub const SECRET: &str = "obuolys-7";

/// What was posted.
pub type Form = BTreeMap<String, String>;

#[derive(Default)]
struct State {
    /// Access tokens, each with the refresh token that came with it.
    good: BTreeMap<String, Option<String>>,
    refresh: BTreeSet<String>,
    /// A new refresh token to the one that it replaces.
    replaces: BTreeMap<String, String>,
    given: usize,
    /// Refresh tokens are replaced at each use.
    rotates: bool,
    away: bool,
    /// What the next questions get instead of a token: status and JSON.
    lies: VecDeque<(u16, String)>,
    asked: Vec<Form>,
}

/// The server. It ends with the process.
#[derive(Clone)]
pub struct TokenServer {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl TokenServer {
    pub fn start() -> TokenServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = TokenServer { port, state: Arc::default() };
        let shared = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                // A guest who leaves in the middle is none of our trouble.
                thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// An address of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// What goes into Dovecot's configuration, with the file that it names written into `home`.
    pub fn passdb(&self, home: &std::path::Path) -> String {
        let file = home.join("oauth2.conf.ext");
        let url = self.url("introspect?token=");
        let text = format!(
            "introspection_mode = get\nintrospection_url = {url}\nforce_introspection = yes\n\
             username_attribute = username\nactive_attribute = active\nactive_value = true\n"
        );
        std::fs::write(&file, text).expect("a file");
        format!(
            "auth_mechanisms = plain login xoauth2 oauthbearer\npassdb {{\n  driver = oauth2\n  \
             mechanisms = xoauth2 oauthbearer\n  args = {}\n}}\n",
            file.display()
        )
    }

    /// A refresh token as a login would give it.
    pub fn logged_in(&self) -> String {
        let mut state = self.state();
        state.given += 1;
        let token = format!("refresh-{}", state.given);
        state.refresh.insert(token.clone());
        token
    }

    /// What the next question gets.
    pub fn answers(&self, status: u16, json: &str) {
        self.state().lies.push_back((status, json.to_owned()));
    }

    pub fn rotates(&self) {
        self.state().rotates = true;
    }

    /// From now on nobody gets an answer but Dovecot, or everybody again.
    pub fn away(&self, away: bool) {
        self.state().away = away;
    }

    /// No access token that was given so far is good any more.
    pub fn forgets_access(&self) {
        self.state().good.clear();
    }

    /// No refresh token is good any more.
    pub fn forgets_logins(&self) {
        self.state().refresh.clear();
    }

    /// All that was asked of the token endpoint.
    pub fn asked(&self) -> Vec<Form> {
        self.state().asked.clone()
    }

    /// The tokens that are secret, with the client secret.
    pub fn secrets(&self) -> Vec<String> {
        let state = self.state();
        let tokens = state.good.keys().chain(&state.refresh).cloned();
        tokens.chain([SECRET.to_owned()]).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        // Dovecot asks several times over one connection.
        loop {
            let mut first = String::new();
            reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
                if line.trim_end().is_empty() {
                    break;
                }
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().ok()?;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let path = first.split(' ').nth(1)?;
            if self.state().away && !path.starts_with("/introspect") {
                return None;
            }
            let (status, json) = self.answer(path, &String::from_utf8(body).ok()?);
            let reply = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
                json.len()
            );
            (&stream).write_all(reply.as_bytes()).ok()?;
        }
    }

    fn answer(&self, path: &str, body: &str) -> (u16, String) {
        let mut state = self.state();
        match path.split_once('?').unwrap_or((path, "")) {
            ("/introspect", query) => {
                let token = form(query).remove("token").unwrap_or_default();
                let active = state.good.contains_key(&token);
                if let Some(Some(refresh)) = state.good.get(&token).cloned() {
                    state.used(&refresh);
                }
                (200, format!(r#"{{"active":{active},"username":"help@desk.example"}}"#))
            }
            ("/token", _) => {
                let form = form(body);
                state.asked.push(form.clone());
                if let Some(lie) = state.lies.pop_front() {
                    return lie;
                }
                state.give(&form)
            }
            ("/device", _) => (
                200,
                r#"{"device_code":"dc-1","user_code":"WDJB-MJHT","interval":0,"expires_in":900,
                    "verification_uri":"https://login.example/device"}"#
                    .to_owned(),
            ),
            _ => (404, String::new()),
        }
    }
}

impl State {
    fn give(&mut self, form: &Form) -> (u16, String) {
        let refused =
            |error: &str, text: &str| (400, format!(r#"{{"error":"{error}","error_description":"{text}"}}"#));
        if form.get("client_secret").is_some_and(|secret| secret != SECRET) {
            return refused("invalid_client", "AADSTS7000215: Invalid client secret provided. Trace ID: 1");
        }
        let before = form.get("refresh_token");
        if let Some(token) = before {
            if !self.refresh.contains(token) {
                return refused("invalid_grant", "AADSTS700082: The refresh token has expired.");
            }
            let token = token.clone();
            self.used(&token);
        }
        self.given += 1;
        let n = self.given;
        let wanted = form.get("grant_type").is_some_and(|grant| grant.ends_with("code")) || self.rotates;
        let refresh = (wanted && form["grant_type"] != "client_credentials").then(|| format!("refresh-{n}"));
        if let Some(token) = &refresh {
            self.refresh.insert(token.clone());
            if let Some(before) = before {
                self.replaces.insert(token.clone(), before.clone());
            }
        }
        self.good.insert(format!("access-{n}"), refresh.clone());
        let refresh = refresh.map_or_else(String::new, |token| format!(r#","refresh_token":"{token}""#));
        (200, format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"access-{n}"{refresh}}}"#))
    }

    /// This refresh token has arrived: the one that it replaces is not needed any more.
    fn used(&mut self, token: &str) {
        if let Some(before) = self.replaces.remove(token) {
            self.refresh.remove(&before);
        }
    }
}

fn form(text: &str) -> Form {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
