//! `maildesk demo`: the story goes as told, in every language and over every change of clocks, and a story that
//! goes another way is noticed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use maildesk::domain::ticket::Status;
use maildesk::faces::demo::{Deviation, Letter, Marks, Ports, Role, Stage, Story, Teller, play, story};

/// The demo is to be over in 5 s; a machine that builds beside it may take longer.
const ONCE_MAX: Duration = Duration::from_secs(30);

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
    command.arg("demo").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// Plays a story as if it were `now`; gives what went another way and what was told.
fn played(story: &Story, now: &str) -> (Vec<Deviation>, String) {
    let now: Timestamp = now.parse().unwrap();
    let dir = tempfile::Builder::new().prefix("md").tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut stage = Stage::set(dir.path(), Ports::default(), story, now).await.unwrap();
        let mut teller = Teller::new(Vec::new(), Marks::ASCII);
        let deviations = play(story, &mut stage, &mut teller).await.unwrap();
        stage.strike().await;
        (deviations, String::from_utf8(teller.into_inner()).unwrap())
    })
}

#[test]
fn once_it_ends_by_itself_and_tells_every_act() {
    let begun = Instant::now();
    let temp = tempfile::tempdir().unwrap();
    let out = demo(&["--once"]).env("TMPDIR", temp.path()).output().unwrap();
    let told = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(0), "{told}");
    assert!(begun.elapsed() < ONCE_MAX, "{:?}", begun.elapsed());
    for act in story("lt").acts {
        assert!(told.contains(&act.title), "{:?} is missing in\n{told}", act.title);
    }
    assert!(told.contains("The story went as told"), "{told}");
    assert!(!told.contains('\u{1b}'), "no colours but on a terminal");
    assert_eq!(temp.path().read_dir().unwrap().count(), 0, "it leaves nothing behind");
}

#[test]
fn the_story_goes_as_told_in_every_language_and_over_every_change_of_clocks() {
    let table = [
        ("lt", "2026-04-02T20:00:00Z"),
        ("lv", "2026-10-29T20:00:00Z"),
        ("ru", "2028-03-02T20:00:00Z"),
        ("cs", "2027-01-07T13:59:00Z"),
        ("en", "2026-06-25T10:00:00Z"),
    ];
    for (language, now) in table {
        let (deviations, told) = played(&story(language), now);
        assert_eq!(deviations, [], "{language} at {now}:\n{told}");
    }
}

#[test]
fn a_story_that_goes_another_way_is_noticed() {
    let first = || {
        let mut story = story("lt");
        story.acts.truncate(1);
        story
    };
    type Plant = (&'static str, fn(&mut Story));
    let plants: [Plant; 6] = [
        ("the letter \"reply\" to Eva did not come", |story| {
            let letter = Letter { to: Role::Eva, purpose: "reply", says: String::new() };
            story.acts[0].scenes[0].expect.letters.push(letter);
        }),
        ("nobody expected the letter \"agent_new\" to Eva", |story| {
            story.acts[0].scenes[0].expect.letters.retain(|letter| letter.to != Role::Eva);
        }),
        ("the letter \"ack\" to Ona does not say \"by yesterday\"", |story| {
            story.acts[0].scenes[0].expect.letters[0].says = "by yesterday".to_owned();
        }),
        ("ticket 1 is new, not closed", |story| {
            story.acts[0].scenes[0].expect.tickets[0].status = Status::Closed;
        }),
        ("ticket 1 is nobody's, not eva's", |story| {
            story.acts[0].scenes[0].expect.tickets[0].assignee = Some(Role::Eva);
        }),
        ("ticket 1 is due Mon 16 Nov 14:10, not Mon 16 Nov 14:11", |story| {
            story.acts[0].scenes[0].expect.tickets[0].due.minute = 11;
        }),
    ];
    for (what, plant) in plants {
        let mut story = first();
        plant(&mut story);
        let (deviations, told) = played(&story, "2026-11-22T08:00:00Z");
        let found: Vec<&str> = deviations.iter().map(|deviation| deviation.what.as_str()).collect();
        assert_eq!(found, [what], "{told}");
        assert_eq!(deviations[0].act, story.acts[0].title);
    }
}

/// The program while it runs, with what it tells, line by line.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(mut command: Command) -> Running {
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Running { child, lines }
    }

    /// Waits for a line with these words.
    fn tells(&self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(ONCE_MAX.saturating_sub(begun.elapsed())) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("{words:?} was not told in {ONCE_MAX:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before {words:?} was told"),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn afterwards_a_guest_is_answered_until_ctrl_c() {
    let temp = tempfile::tempdir().unwrap();
    let mut command = demo(&["--lang", "en"]);
    command.env("TMPDIR", temp.path());
    let mut running = Running::start(command);
    let swaks = running.tells("swaks --server ");
    let server = swaks.split_whitespace().nth(2).unwrap().to_owned();
    running.tells("ledger");
    let mail = "From: you@guest.example\r\nTo: support@desk.example\r\nSubject: The lamp\r\n\
                Message-ID: <1@guest.example>\r\n\r\nThe lamp in the hall is broken.\r\n";
    send(&server, "you@guest.example", "support@desk.example", mail);
    running.tells("The lamp in the hall is broken.");
    running.tells("[#3] The lamp");
    running.tells("ticket 3: new, nobody");
    let id = running.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    running.tells("The desk is closed.");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let dir = temp.path().read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(dir.join("maildesk.sqlite").is_file(), "its state is kept");
}

fn send(server: &str, from: &str, to: &str, mail: &str) {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let text = format!("HELO laptop\r\nMAIL FROM:<{from}>\r\nRCPT TO:<{to}>\r\nDATA\r\n{mail}.\r\nQUIT\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    assert!(replies.contains("250 2.0.0 Delivered"), "{replies}");
}
