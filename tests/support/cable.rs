//! A cable to a server that breaks where it is told to: at a byte of a connection, in either direction.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// In which direction bytes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// What the client sees from that byte on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A FIN.
    Closed,
    /// A RST.
    Reset,
    /// Nothing: what it says is swallowed, and nobody answers (a firewall that forgot the connection).
    Silence,
    /// Everything, one byte in each segment.
    Crumbs,
}

/// Where a connection breaks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    pub way: Way,
    /// So many bytes go through in that direction before it.
    pub after: usize,
    pub how: End,
}

/// Answers, for each connection (from 0), where it breaks.
pub type Plan = dyn FnMut(usize) -> Option<Break> + Send;

/// A port that leads to a server. Connections that are open when it is dropped stay as they are.
pub struct Cable {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    plan: Mutex<Box<Plan>>,
    connections: AtomicUsize,
    broken: AtomicUsize,
    gone: AtomicBool,
}

impl Cable {
    /// To the server at `port` of loopback.
    pub fn to(port: u16, plan: impl FnMut(usize) -> Option<Break> + Send + 'static) -> Cable {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            plan: Mutex::new(Box::new(plan)),
            connections: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
            gone: AtomicBool::new(false),
        });
        let ours = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if ours.gone.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect((Ipv4Addr::LOCALHOST, port)))
                else {
                    continue;
                };
                ours.carry(client, server);
            }
        });
        Cable { port: own, shared }
    }

    /// From the next connection on it breaks by this plan, which counts on.
    pub fn plan(&self, plan: impl FnMut(usize) -> Option<Break> + Send + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
    }

    /// How many connections came so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many of them broke.
    pub fn broken(&self) -> usize {
        self.shared.broken.load(Ordering::SeqCst)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.shared.gone.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let broken = (self.plan.lock().unwrap())(number);
        for way in [Way::ToServer, Way::ToClient] {
            let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let strand = Strand { shared: self.clone(), client, server, broken };
            std::thread::spawn(move || strand.carry(way));
        }
    }
}

/// One direction of one connection.
struct Strand {
    shared: Arc<Shared>,
    client: TcpStream,
    server: TcpStream,
    broken: Option<Break>,
}

impl Strand {
    fn carry(self, way: Way) {
        let (mut from, mut to) = match way {
            Way::ToServer => (&self.client, &self.server),
            Way::ToClient => (&self.server, &self.client),
        };
        let ours = self.broken.filter(|broken| broken.way == way);
        let mut left = ours.map_or(usize::MAX, |broken| broken.after);
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let through = count.min(left);
            let crumbs = left == 0 && ours.is_some_and(|broken| broken.how == End::Crumbs);
            if to.write_all(&bytes[..through]).is_err() {
                break;
            }
            left -= through;
            if crumbs {
                let _ = bytes[..count].iter().try_for_each(|byte| to.write_all(&[*byte]));
            } else if through < count || left == 0 {
                self.breaks(ours.expect("it has a limit").how);
                if self.broken.is_some_and(|broken| broken.how == End::Crumbs) {
                    let _ = bytes[through..count].iter().try_for_each(|byte| to.write_all(&[*byte]));
                    continue;
                }
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }

    fn breaks(&self, how: End) {
        self.shared.broken.fetch_add(1, Ordering::SeqCst);
        match how {
            End::Crumbs => {}
            End::Closed => {
                let _ = self.client.shutdown(Shutdown::Both);
                let _ = self.server.shutdown(Shutdown::Both);
            }
            End::Reset => {
                // With unread bytes or a linger of zero the close is a RST; the other strand lets go of it, too.
                let _ = socket2::SockRef::from(&self.client).set_linger(Some(std::time::Duration::ZERO));
                let _ = self.server.shutdown(Shutdown::Both);
            }
            End::Silence => {
                let _ = self.server.shutdown(Shutdown::Both);
                // Held open and drained until the client gives up.
                let mut client = &self.client;
                while let Ok(1..) = client.read(&mut [0; 4096]) {}
            }
        }
    }
}
