//! Runs the operator's commands that agents ordered, one after another, beside everything else.

use std::process::Stdio;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::house::House;
use super::pulse::Beat;
use crate::desk::hooks::{self, Ending, Errand};
use crate::domain::rules::Hook;
use crate::store::StoreError;

/// Of what a command says, so many bytes are read; the rest runs dry.
const SAID_BYTES_MAX: u64 = 64_000;
/// After trouble with the store.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Runs until the house stops. Where no desk has such commands there is nothing to do.
pub async fn run(house: House) {
    if house.desks.iter().all(|desk| desk.rules.hooks.is_empty()) {
        return house.stop.cancelled().await;
    }
    let beat = house.clerk.pulse.beat("hooks");
    if let Err(error) = settle_left(&house).await {
        tracing::error!(%error, "operations that a stop interrupted cannot be written down");
    }
    while !house.stop.is_cancelled() {
        let rung = house.clerk.bells.hooks.notified();
        beat.within(Duration::ZERO);
        let done = one(&house, &beat).await;
        beat.idle();
        match done {
            Ok(true) => continue,
            Ok(false) => tokio::select! {
                () = house.stop.cancelled() => return,
                () = rung => {}
            },
            Err(error) => {
                tracing::error!(%error, "an ordered operation cannot be run or written down; a pause");
                house.rest_until(house.clock.now() + PAUSE).await;
            }
        }
    }
}

/// What an earlier daemon began and did not finish is not run again: it may have been done.
async fn settle_left(house: &House) -> Result<(), StoreError> {
    for errand in house.clerk.ask(hooks::left).await? {
        finish(house, errand, Ending::Interrupted).await?;
    }
    Ok(())
}

/// Runs one operation, if one is ordered.
async fn one(house: &House, beat: &Beat) -> Result<bool, StoreError> {
    let Some(errand) = house.clerk.ask(hooks::take).await? else { return Ok(false) };
    let desk = house.desks.get(&errand.ticket.desk).cloned();
    let hook = desk.as_ref().and_then(|desk| desk.rules.hooks.get(&errand.hook)).cloned();
    let (Some(desk), Some(hook)) = (desk, hook) else {
        let why = "it is not in the configuration any more".to_owned();
        finish(house, errand, Ending::Failed(why)).await?;
        return Ok(true);
    };
    let asked = errand.clone();
    let input = match house.clerk.ask(move |tx| hooks::input(tx, &desk, &asked)).await {
        Err(StoreError::Abandoned(why)) => {
            finish(house, errand, Ending::Failed(why)).await?;
            return Ok(true);
        }
        input => input?,
    };
    tracing::info!(hook = errand.hook, ticket.number = errand.ticket.number, "an ordered operation begins");
    beat.within(Duration::from_secs(u64::from(hook.timeout_seconds)));
    let ending = tokio::select! {
        () = house.stop.cancelled() => Ending::Interrupted,
        ending = carried_out(&hook, &input) => ending,
    };
    finish(house, errand, ending).await?;
    Ok(true)
}

async fn finish(house: &House, errand: Errand, ending: Ending) -> Result<(), StoreError> {
    let Some(desk) = house.desks.get(&errand.ticket.desk).cloned() else { return Ok(()) };
    let now = house.clock.now();
    tracing::info!(hook = errand.hook, ticket.number = errand.ticket.number, "an ordered operation ended");
    house.clerk.run(move |tx| hooks::finish(tx, &desk, &errand, &ending, now)).await
}

/// Runs a command within its time. It gets nothing of our environment but the search path: passwords may stand there.
async fn carried_out(hook: &Hook, input: &[u8]) -> Ending {
    let Some((program, arguments)) = hook.command.split_first() else {
        return Ending::Failed("no command is named".to_owned());
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ending::Failed(error.to_string()),
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // Who does not want to read may close his ears.
            let _ = stdin.write_all(input).await;
        }
    };
    let whole = async { tokio::join!(feed, heard(stdout), heard(stderr), child.wait()) };
    match tokio::time::timeout(Duration::from_secs(u64::from(hook.timeout_seconds)), whole).await {
        Err(_) => Ending::TimedOut(hook.timeout_seconds),
        Ok((_, _, _, Err(error))) => Ending::Failed(error.to_string()),
        Ok(((), out, err, Ok(status))) => {
            let said = [out, err].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("\n");
            Ending::Exited { code: status.code(), said }
        }
    }
}

async fn heard(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut said = Vec::new();
    let Some(mut stream) = stream else { return said };
    // A pipe that breaks has said what it had to say.
    let _ = (&mut stream).take(SAID_BYTES_MAX).read_to_end(&mut said).await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    said
}
