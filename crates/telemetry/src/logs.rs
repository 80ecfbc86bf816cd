//! Log lines.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Error;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// Text when stderr is a terminal, JSON otherwise.
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Sends the process's log lines to stderr. `filter`: a level, or directives as
/// `info,kube=warn`.
pub fn start_logs(filter: &str, format: LogFormat) -> Result<(), Error> {
    let filter = EnvFilter::try_new(filter).map_err(|_| Error::Filter(filter.to_owned()))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()))
            .try_init(),
        LogFormat::Json => {
            registry.with(fmt::layer().with_writer(std::io::stderr).json().flatten_event(true)).try_init()
        }
    };
    started.map_err(|_| Error::Twice("logs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused_with_its_text() {
        let error = start_logs("kube=loud", LogFormat::Json).unwrap_err();
        assert!(error.to_string().contains("kube=loud"), "{error}");
    }
}
