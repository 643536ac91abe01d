//! Whoever hands mails over by LMTP, one after the other on one connection (RFC 2033).

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::support::town::DESK;

pub struct Handing {
    wire: BufReader<UnixStream>,
}

impl Handing {
    /// A connection that has been greeted.
    pub fn at(socket: &Path) -> Handing {
        let mut handing = Handing { wire: BufReader::new(UnixStream::connect(socket).expect("LMTP")) };
        handing.turn(b"LHLO mx.client.example\r\n", 2);
        handing
    }

    /// Says for whom a mail is that comes now.
    pub fn announce(&mut self) {
        self.turn(format!("MAIL FROM:<client@client.example>\r\nRCPT TO:<{DESK}>\r\nDATA\r\n").as_bytes(), 3);
    }

    /// Hands it over; back when it is taken over for good.
    pub fn hand_over(&mut self, mail: &[u8]) {
        self.turn(&[mail, b"\r\n.\r\n"].concat(), 1);
    }

    fn turn(&mut self, words: &[u8], replies: u32) {
        self.wire.get_mut().write_all(words).expect("written");
        for _ in 0..replies {
            let mut line = String::new();
            // A reply of several lines ends with the one that has a blank behind its code.
            while line.as_bytes().get(3) != Some(&b' ') {
                line.clear();
                assert!(self.wire.read_line(&mut line).expect("an answer") > 0);
            }
            assert!(line.starts_with(['2', '3']), "{line}");
        }
    }
}
