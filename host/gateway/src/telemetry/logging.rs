//! Where spans and events go.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level is neither a level nor a filter.
    #[error(
        "the log level {level:?} is neither a level (error, warn, info, debug, trace) nor a filter: {reason}"
    )]
    Level {
        /// The level.
        level: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another subscriber is there already.
    #[error("logging is set up already")]
    Taken(#[source] TryInitError),
}

/// A handle on the level of the log, to change it while the service runs.
#[derive(Clone)]
pub struct Level(Arc<dyn Fn(EnvFilter) -> bool + Send + Sync>);

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Level").finish_non_exhaustive()
    }
}

impl Level {
    /// Logs at another level, or by another filter, from now on.
    ///
    /// # Errors
    /// When it is neither.
    pub fn set(&self, level: &str) -> Result<(), Error> {
        let filter = filter(level)?;
        if !(self.0)(filter) {
            tracing::debug!("nobody listens to the log any more");
        }
        Ok(())
    }
}

/// Says whether `level` is a level or a filter.
pub fn check_level(level: &str) -> Result<(), Error> {
    filter(level).map(|_| ())
}

/// Sends all spans and events of this process to standard error: as lines for people on a terminal, as JSON otherwise,
/// unless the configuration says which. Can be called once.
pub fn init_logging(log: &Log) -> Result<Level, Error> {
    use tracing_subscriber::util::SubscriberInitExt as _;
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let filter = filter(&log.level)?;
    if json {
        let (lines, level) = json_lines(filter, io::stderr);
        lines.try_init().map_err(Error::Taken)?;
        Ok(level)
    } else {
        let (lines, level) = text_lines(filter, io::stderr, io::stderr().is_terminal());
        lines.try_init().map_err(Error::Taken)?;
        Ok(level)
    }
}

fn filter(level: &str) -> Result<EnvFilter, Error> {
    let wrong = |reason: String| Error::Level {
        level: level.to_owned(),
        reason,
    };
    if level.trim().is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    // A single word that is no level would be taken for the name of a module.
    let words = ["off", "error", "warn", "info", "debug", "trace"];
    if level.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !words.iter().any(|word| word.eq_ignore_ascii_case(level))
    {
        return Err(wrong("no such level".to_owned()));
    }
    EnvFilter::try_new(level).map_err(|error: ParseError| wrong(error.to_string()))
}

/// One JSON object per event, with the fields of the spans around it.
fn json_lines<W>(filter: EnvFilter, writer: W) -> (impl Subscriber + Send + Sync, Level)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .with_env_filter(filter)
        .with_writer(writer)
        .with_filter_reloading();
    let handle = lines.reload_handle();
    let level = Level(Arc::new(move |filter| handle.reload(filter).is_ok()));
    (lines.finish(), level)
}

/// One line of text per event.
fn text_lines<W>(filter: EnvFilter, writer: W, colour: bool) -> (impl Subscriber + Send + Sync, Level)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // NO_COLOR: https://no-color.org
    let colour = colour && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt()
        .with_ansi(colour)
        .with_env_filter(filter)
        .with_writer(writer)
        .with_filter_reloading();
    let handle = lines.reload_handle();
    let level = Level(Arc::new(move |filter| handle.reload(filter).is_ok()));
    (lines.finish(), level)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::telemetry::Chain;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn log_something() {
        let _span = tracing::info_span!("request", id = "r-1").entered();
        tracing::info!(component = "x1", "sent");
        tracing::debug!("hidden");
    }

    #[test]
    fn json_lines_carry_the_fields_of_their_spans() {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, _) = json_lines(filter("info").unwrap(), move || writer.clone());
        tracing::subscriber::with_default(subscriber, log_something);
        let line: serde_json::Value = serde_json::from_str(lines.text().trim_end()).unwrap();
        assert_eq!(
            (line["message"].as_str(), line["component"].as_str()),
            (Some("sent"), Some("x1"))
        );
        assert_eq!(line["spans"][0]["id"], "r-1");
    }

    #[test]
    fn json_lines_carry_the_causes_of_errors() {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, _) = json_lines(filter("info").unwrap(), move || writer.clone());
        let cause = check_level("loud").unwrap_err();
        let error = crate::service::Error::Serve(io::Error::other(cause));
        tracing::subscriber::with_default(subscriber, || tracing::error!(error = %Chain(&error), "broken"));
        let line: serde_json::Value = serde_json::from_str(lines.text().trim_end()).unwrap();
        let text = "serving the API ended: the log level \"loud\" is neither a level (error, warn, info, debug, trace) nor a filter: no such level";
        assert_eq!(line["error"], text);
    }

    #[test]
    fn the_level_changes_while_lines_are_written() {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, level) = text_lines(filter("info").unwrap(), move || writer.clone(), false);
        tracing::subscriber::with_default(subscriber, || {
            log_something();
            level.set("loud").unwrap_err();
            level.set("debug").unwrap();
            log_something();
        });
        assert_eq!(lines.text().matches("hidden").count(), 1);
    }

    #[test]
    fn text_lines_are_plain_without_a_terminal() {
        let lines = Lines::default();
        let writer = lines.clone();
        let (subscriber, _) = text_lines(filter("info").unwrap(), move || writer.clone(), false);
        tracing::subscriber::with_default(subscriber, log_something);
        assert!(lines.text().contains("request{id=\"r-1\"}") && !lines.text().contains('\x1b'));
        assert_eq!(lines.text().lines().count(), 1);
    }

    #[test]
    fn levels_and_filters_are_told_from_nonsense() {
        for level in [
            "info",
            "WARN",
            "off",
            "info,switchyard_gateway=debug",
            "warn,hyper::proto=trace",
        ] {
            check_level(level).unwrap();
        }
        for level in ["", " ", "loud", "a=b=c", "info,switchyard=loud"] {
            check_level(level).unwrap_err();
        }
    }
}
