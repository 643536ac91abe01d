//! A link to a server that can be held, cut and closed at any moment, for all connections at once.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// What the program sees of a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A FIN.
    Closed,
    /// A RST.
    Reset,
}

/// A port that leads to a server of loopback.
pub struct Link {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: BTreeMap<u64, Arc<Wire>>,
    /// Connections so far.
    count: u64,
    /// Connections that were cut.
    cut: u64,
    /// Nothing goes through.
    held: bool,
    /// Who connects is sent away.
    closed: bool,
    /// So many bytes go through before all is cut.
    fuse: Option<(usize, Cut)>,
}

/// One connection.
struct Wire {
    client: TcpStream,
    server: TcpStream,
    cut: AtomicBool,
}

impl Link {
    /// To the server at `port`.
    pub fn to(port: u16) -> Link {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let ours = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                ours.connect(client, port);
            }
        });
        Link { port: own, shared }
    }

    /// From now on nothing goes through, in either direction; connections stay.
    pub fn hold(&self) {
        self.shared.lock().held = true;
    }

    /// What was held goes on.
    pub fn release(&self) {
        self.shared.lock().held = false;
        self.shared.changed.notify_all();
    }

    /// Whether those who connect are sent away.
    pub fn close(&self, closed: bool) {
        self.shared.lock().closed = closed;
    }

    /// Cuts all connections.
    pub fn cut(&self, how: Cut) {
        self.shared.lock().cut_all(how);
        self.shared.changed.notify_all();
    }

    /// Cuts all connections when so many more bytes have gone through any of them.
    pub fn cut_after(&self, bytes: usize, how: Cut) {
        self.shared.lock().fuse = Some((bytes, how));
    }

    /// Connections so far, and how many of them were cut.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.shared.lock();
        (state.count, state.cut)
    }
}

impl State {
    fn cut_all(&mut self, how: Cut) {
        self.fuse = None;
        for wire in std::mem::take(&mut self.open).into_values() {
            self.cut += 1;
            wire.cut.store(true, Ordering::SeqCst);
            if how == Cut::Reset {
                // With a linger of zero the close, when both strands have let go, is a RST.
                let _ = socket2::SockRef::from(&wire.client).set_linger(Some(Duration::ZERO));
                let _ = wire.client.shutdown(Shutdown::Read);
            } else {
                let _ = wire.client.shutdown(Shutdown::Both);
            }
            let _ = wire.server.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    fn connect(self: &Arc<Self>, client: TcpStream, port: u16) {
        let mut state = self.lock();
        state.count += 1;
        if state.closed {
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let number = state.count;
        let wire = Arc::new(Wire { client, server, cut: AtomicBool::new(false) });
        state.open.insert(number, wire.clone());
        drop(state);
        for to_server in [true, false] {
            let (shared, wire) = (self.clone(), wire.clone());
            std::thread::spawn(move || {
                shared.carry(&wire, to_server);
                shared.lock().open.remove(&number);
            });
        }
    }

    /// One direction of one connection. Where it ends, all of it does: neither protocol goes on after half a close.
    fn carry(&self, wire: &Wire, to_server: bool) {
        let (mut from, mut to) =
            if to_server { (&wire.client, &wire.server) } else { (&wire.server, &wire.client) };
        let mut bytes = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let through = self.let_through(wire, count);
            if to.write_all(&bytes[..through]).is_err() {
                break;
            }
            if through < count {
                self.burn();
                break;
            }
        }
        if !wire.cut.load(Ordering::SeqCst) {
            let _ = (wire.client.shutdown(Shutdown::Both), wire.server.shutdown(Shutdown::Both));
        }
    }

    /// How many of these bytes go through; waits while they are held.
    fn let_through(&self, wire: &Wire, count: usize) -> usize {
        let is_held = |state: &mut State| state.held && !wire.cut.load(Ordering::SeqCst);
        let mut state = self.changed.wait_while(self.lock(), is_held).expect("nobody panics with it");
        if wire.cut.load(Ordering::SeqCst) {
            return 0;
        }
        let Some((left, _)) = &mut state.fuse else { return count };
        let through = count.min(*left);
        *left -= through;
        through
    }

    /// The fuse is burnt down.
    fn burn(&self) {
        let mut state = self.lock();
        if let Some((0, how)) = state.fuse {
            state.cut_all(how);
            drop(state);
            self.changed.notify_all();
        }
    }
}
