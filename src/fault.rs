//! Places at which a test has the program fail, panic or die, and what a [`Plan`] makes of them.
//!
//! A place is `fault_point!("mail_decided")`, or with a second argument, the error that is answered there, where failing
//! is possible. Only builds with debug assertions have any of this: in a release the macro is nothing at all.
//!
//! A plan belongs to a process (`MAILDESK_FAULT=point[:nth[:act]]`; `act` is `fail`, `panic` or `abort`), or to the threads of
//! one life of the daemon among several in one process ([`enter`]). There nothing can be aborted; instead every thread
//! of that life stands still at the next point that it comes to, until the test has done away with the rest and
//! [`Plan::release`]s it: as if the scheduler had not let it run before the process was killed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// All points, in the order in which a mail and its letters meet them.
pub const POINTS: &[&str] = &[
    "in_migration",
    "mail_fetched",
    "mail_in_hand",
    "mail_read",
    "mail_deciding",
    "mail_decided",
    "before_commit",
    "in_commit",
    "after_commit",
    "mail_settled",
    "before_move",
    "after_move",
    "before_word_to_sender",
    "letters_claimed",
    "letter_packed",
    "before_mail",
    "after_rcpt",
    "before_dot",
    "dot_said",
    "after_dot",
    "letter_came_back",
    "letters_written",
    "ticket_ticking",
    "ticket_ticked",
    "in_backup",
];

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The place answers with an error; where it cannot, it panics.
    Fail,
    Panic,
    /// The program is gone, without another word.
    Abort,
}

/// One thing that is to happen, and what has happened so far.
#[derive(Debug)]
pub struct Plan {
    point: String,
    /// At which time of coming there, from 1.
    nth: u32,
    act: Act,
    /// It is the plan of this whole process.
    whole: bool,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    came: u32,
    struck: bool,
    dead: bool,
    released: bool,
    passed: BTreeSet<&'static str>,
}

impl Plan {
    /// For the threads that [`enter`] it. A point of no name never comes.
    pub fn new(point: &str, nth: u32, act: Act) -> Plan {
        Plan {
            point: point.to_owned(),
            nth,
            act,
            whole: false,
            state: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    /// Has it happened?
    pub fn has_struck(&self) -> bool {
        self.state().struck
    }

    /// Do its threads stand still?
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// Points that its threads came to.
    pub fn passed(&self) -> BTreeSet<&'static str> {
        self.state().passed.clone()
    }

    /// From now on each of its threads stands still at the next point.
    pub fn die(&self) {
        self.state().dead = true;
    }

    /// Those that stand still unwind, as do all that come to a point later.
    pub fn release(&self) {
        let mut state = self.state();
        (state.dead, state.released) = (true, true);
        self.bell.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody comes to a point. `true`: it fails.
    fn come(&self, point: &'static str, can_fail: bool) -> bool {
        if std::thread::panicking() {
            return false;
        }
        let mut state = self.state();
        state.passed.insert(point);
        if !state.dead {
            state.came += u32::from(self.point == point);
            if self.point != point || state.came != self.nth {
                return false;
            }
            state.struck = true;
            match self.act {
                Act::Fail if can_fail => return true,
                Act::Abort if self.whole => std::process::abort(),
                Act::Abort => state.dead = true,
                // Without the hook: a test that plants many has no use for their traces.
                Act::Fail | Act::Panic => {
                    drop(state);
                    resume_unwind(Box::new(format!("planted at {point}")))
                }
            }
        }
        while !state.released {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        resume_unwind(Box::new("the program is dead"))
    }
}

thread_local! {
    static OURS: RefCell<Option<Arc<Plan>>> = const { RefCell::new(None) };
}

/// This thread belongs to that plan from now on.
pub fn enter(plan: Option<Arc<Plan>>) {
    OURS.with_borrow_mut(|ours| *ours = plan);
}

/// The plan of this thread, for a thread that it starts.
pub fn ours() -> Option<Arc<Plan>> {
    OURS.with_borrow(Clone::clone)
}

/// Somebody comes to a point at which nothing can fail.
pub fn pass(point: &'static str) {
    if let Some(plan) = ours().or_else(from_environment) {
        plan.come(point, false);
    }
}

/// Somebody comes to a point; does it fail?
pub fn fails(point: &'static str) -> bool {
    ours().or_else(from_environment).is_some_and(|plan| plan.come(point, true))
}

fn from_environment() -> Option<Arc<Plan>> {
    static WHOLE: OnceLock<Option<Arc<Plan>>> = OnceLock::new();
    let read = || Some(Arc::new(read(&std::env::var("MAILDESK_FAULT").ok()?)));
    WHOLE.get_or_init(read).clone()
}

fn read(text: &str) -> Plan {
    let mut words = text.split(':');
    let point = words.next().unwrap_or_default();
    assert!(POINTS.contains(&point), "MAILDESK_FAULT names no point: {text}");
    let nth = words.next().map_or(1, |nth| nth.parse().expect("MAILDESK_FAULT: which time?"));
    let act = match words.next() {
        None | Some("abort") => Act::Abort,
        Some("panic") => Act::Panic,
        Some("fail") => Act::Fail,
        Some(other) => panic!("MAILDESK_FAULT: there is no act {other}"),
    };
    Plan { whole: true, ..Plan::new(point, nth, act) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planned_happens_once_at_its_time() {
        let plan = Arc::new(Plan::new("mail_read", 2, Act::Fail));
        enter(Some(plan.clone()));
        assert!(!fails("mail_fetched") && !fails("mail_read") && !plan.has_struck());
        assert!(fails("mail_read") && plan.has_struck());
        assert!(!fails("mail_read") && !plan.is_dead());
        enter(None);
        assert!(!fails("mail_read"), "without a plan nothing happens");
        assert_eq!(plan.passed().into_iter().collect::<Vec<_>>(), ["mail_fetched", "mail_read"]);
    }

    #[test]
    fn whoever_comes_to_a_point_after_the_death_stands_still_until_he_is_released() {
        let plan = Arc::new(Plan::new("mail_read", 1, Act::Abort));
        let threads = ["mail_read", "before_commit"].map(|point| {
            let plan = plan.clone();
            std::thread::spawn(move || {
                enter(Some(plan.clone()));
                while !plan.is_dead() && point != "mail_read" {
                    std::thread::yield_now();
                }
                pass(point);
            })
        });
        while plan.passed().len() < 2 {
            std::thread::yield_now();
        }
        assert!(threads.iter().all(|thread| !thread.is_finished()));
        plan.release();
        assert!(threads.into_iter().all(|thread| thread.join().is_err()));
    }

    #[test]
    fn a_word_of_the_environment_is_read() {
        let plan = read("after_dot:3:panic");
        assert_eq!((plan.point.as_str(), plan.nth, plan.act, plan.whole), ("after_dot", 3, Act::Panic, true));
        assert_eq!((read("in_backup").nth, read("in_backup:2").act), (1, Act::Abort));
    }
}
