//! How the program tells what it does: sentences with fields, to standard error.

use std::io::IsTerminal;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// Logs from now on as the configuration says.
///
/// # Errors
/// The filter is none, or something logs already.
pub fn init(log: &Log) -> Result<(), String> {
    let layer = layer(log, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing_subscriber::registry().with(layer).try_init().map_err(|e| format!("logging: {e}"))
}

fn layer<S, W>(log: &Log, writer: W, colours: bool) -> Result<Box<dyn Layer<S> + Send + Sync>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let filter: EnvFilter = log.filter.parse().map_err(|e| format!("log.filter: {e}"))?;
    let filter = filter.and(filter_fn(may_be_told));
    let base = tracing_subscriber::fmt::layer().with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => base.with_ansi(colours).with_filter(filter).boxed(),
        LogFormat::Json => base.json().flatten_event(true).with_filter(filter).boxed(),
    })
}

/// What libraries say below `info` is never told, whatever the filter says: async-imap and lettre repeat whole
/// commands there, with passwords and mails in them.
fn may_be_told(about: &Metadata<'_>) -> bool {
    let ours = about.target() == "maildesk" || about.target().starts_with("maildesk::");
    ours || *about.level() <= Level::INFO
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat) -> String {
        let sink = Sink::default();
        let log = Log { filter: filter.to_owned(), format, journal: None };
        let writer = sink.clone();
        let layer = layer(&log, move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::trace!(target: "async_imap::imap_stream", "C: LOGIN ona slaptažodis");
            tracing::debug!(target: "maildesk_elsewhere", "not ours");
            tracing::info!(target: "lettre", "connected");
            tracing::debug!({ ticket.number = 7 }, "a mail came in");
        });
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_filter_lets_a_library_tell_passwords() {
        for filter in ["trace", "async_imap=trace,debug", "async_imap::imap_stream=trace,maildesk=debug"] {
            let text = logged(filter, LogFormat::Text);
            assert!(!text.contains("slaptažodis") && !text.contains("not ours"), "{filter}: {text}");
            assert!(text.contains("a mail came in"), "{filter}: {text}");
        }
        assert!(logged("trace", LogFormat::Text).contains("connected"));
    }

    #[test]
    fn a_line_may_be_json() {
        let text = logged("maildesk=debug", LogFormat::Json);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["message"], &line["ticket.number"]), (&"a mail came in".into(), &7.into()));
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        let log = Log { filter: "maildesk=loud".to_owned(), format: LogFormat::Text, journal: None };
        assert!(layer::<tracing_subscriber::Registry, _>(&log, std::io::sink, false).is_err());
    }
}
