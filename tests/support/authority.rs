//! A certificate authority for the length of a test run, and one server certificate by it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The name for which the server certificate is good, besides `localhost`. It is not good for 127.0.0.1.
pub const HOST: &str = "mx.desk.example";

/// The authority that clients are to trust, and the server certificate with its key, as PEM texts.
pub struct Authority {
    ca: String,
    certificate: String,
    key: String,
}

impl Authority {
    /// The one of this test run, made at first need (30 ms).
    pub fn of_this_run() -> &'static Authority {
        static ONE: OnceLock<Authority> = OnceLock::new();
        ONE.get_or_init(Authority::make)
    }

    /// Another one, which nobody in the town believes or has a certificate by.
    pub fn make() -> Authority {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let new =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        let (ca, ca_key, certificate, key) = (at("ca.pem"), at("ca.key"), at("server.pem"), at("server.key"));
        openssl(&new, &["-subj", "/CN=tests of maildesk", "-keyout", &ca_key, "-out", &ca]);
        let names = format!("subjectAltName=DNS:localhost,DNS:{HOST}");
        let server = ["-subj", "/CN=localhost", "-CA", &ca, "-CAkey", &ca_key, "-keyout", &key];
        let extensions =
            ["-out", &certificate, "-addext", &names, "-addext", "basicConstraints=critical,CA:FALSE"];
        openssl(&new, &[&server[..], &extensions[..]].concat());
        let read = |path: &str| std::fs::read_to_string(path).unwrap();
        Authority { ca: read(&ca), certificate: read(&certificate), key: read(&key) }
    }

    /// Writes `ca.pem`, `server.pem` and `server.key` into `dir`; answers with the path of the first.
    pub fn write(&self, dir: &Path) -> PathBuf {
        let ca = dir.join("ca.pem");
        std::fs::write(&ca, &self.ca).unwrap();
        std::fs::write(dir.join("server.pem"), &self.certificate).unwrap();
        std::fs::write(dir.join("server.key"), &self.key).unwrap();
        ca
    }
}

fn openssl(first: &[&str], rest: &[&str]) {
    let done = Command::new("openssl").args(first).args(rest).output().expect("openssl");
    assert!(done.status.success(), "openssl: {}", String::from_utf8_lossy(&done.stderr));
}
