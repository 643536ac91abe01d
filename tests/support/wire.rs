//! A blocking line of text to a server on loopback, in the clear or under TLS, always with a deadline.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// No answer for this long fails the test.
pub const PATIENCE: Duration = Duration::from_secs(30);

enum Pipe {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    /// While TLS is put over it.
    Gone,
}

/// One connection.
pub struct Line {
    pipe: BufReader<Pipe>,
}

impl Line {
    /// Connects in the clear.
    pub fn plain(port: u16) -> io::Result<Line> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Line { pipe: BufReader::with_capacity(64 * 1024, Pipe::Plain(stream)) })
    }

    /// Puts TLS over it; the certificate must be for `localhost` and by the authority in `ca`.
    pub fn secure(&mut self, ca: &Path) -> io::Result<()> {
        assert!(self.pipe.buffer().is_empty(), "the server spoke before TLS");
        let Pipe::Plain(stream) = std::mem::replace(self.pipe.get_mut(), Pipe::Gone) else {
            panic!("TLS twice");
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca).map_err(io::Error::other)? {
            roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        *self.pipe.get_mut() = Pipe::Tls(Box::new(StreamOwned::new(client, stream)));
        Ok(())
    }

    /// Sends bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let pipe = self.pipe.get_mut();
        pipe.write_all(bytes)?;
        pipe.flush()
    }

    /// Reads a line without its end; an end of the stream is an error.
    pub fn get(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.pipe.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Reads exactly `count` bytes.
    pub fn get_bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.pipe.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Pipe::Plain(stream) => stream.read(buffer),
            Pipe::Tls(stream) => stream.read(buffer),
            Pipe::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Pipe::Plain(stream) => stream.write(bytes),
            Pipe::Tls(stream) => stream.write(bytes),
            Pipe::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Pipe::Plain(stream) => stream.flush(),
            Pipe::Tls(stream) => stream.flush(),
            Pipe::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}
