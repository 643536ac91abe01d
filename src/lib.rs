//! maildesk: a support desk that lives in a mailbox.
//!
//! The floors, lowest first; `tests/tidy.rs` holds who may name whom.
//!
//! * [`domain`]: values and decisions. No I/O, no clock, no randomness.
//! * [`config`], [`words`], [`mail`], [`store`]: the operator's file, human sentences, bytes on wires,
//!   what the desk remembers. None of them knows another.
//! * [`desk`]: the journeys. A mail comes in, a letter goes out, the clock strikes: look up, decide,
//!   write down, in one unit of work.
//! * [`daemon`]: the tasks that run the journeys, and their lives.
//! * [`sandbox`]: a small honest mail server in this process, for the demo.
//! * [`faces`]: how people touch it: the command line.

/// A place at which a test has the program fail, panic or die; nothing at all in a release.
macro_rules! fault_point {
    ($name:literal) => {
        #[cfg(debug_assertions)]
        $crate::fault::pass($name);
    };
    ($name:literal, $error:expr) => {
        #[cfg(debug_assertions)]
        if $crate::fault::fails($name) {
            return Err($error);
        }
    };
}

/// A closure for a new thread, which has the same faults before it as the thread that starts it.
macro_rules! with_our_faults {
    ($work:expr) => {{
        #[cfg(debug_assertions)]
        let ours = $crate::fault::ours();
        let work = $work;
        move || {
            #[cfg(debug_assertions)]
            $crate::fault::enter(ours);
            work()
        }
    }};
}

pub mod config;
pub mod daemon;
pub mod desk;
pub mod domain;
pub mod faces;
#[cfg(debug_assertions)]
pub mod fault;
pub mod mail;
pub mod sandbox;
pub mod store;
pub mod words;
