//! The log: one structured line per event in a file per day, kept for a week. Never a secret.
//!
//! Each call decides what it logs. The redaction here is the last net, for a secret that slips through in someone
//! else's text.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::folders::Folders;

/// Files kept, including today's.
const DAYS_KEPT: usize = 7;
const FILE_PREFIX: &str = "tenantry";
const FILE_SUFFIX: &str = "log";

/// Starts logging to files in `folder`.
///
/// # Errors
/// The folder cannot be created or written; the program works without a log.
pub fn start(folder: &Path) -> io::Result<()> {
    let writer = RedactingFile::open(folder)?;
    let quiet_except_ours = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("tenantry", LevelFilter::INFO)
        .with_target("tenantry_console", LevelFilter::INFO)
        .with_target("tenantry_core", LevelFilter::INFO)
        .with_target("tenantry_connection", LevelFilter::INFO)
        .with_target("tenantry_store_mongo", LevelFilter::INFO)
        .with_target("tenantry_store_sqlite", LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().json().with_ansi(false).with_writer(writer);
    tracing_subscriber::registry()
        .with(quiet_except_ours)
        .with(lines)
        .try_init()
        .map_err(|error| io::Error::other(error.to_string()))
}

/// Today's file.
pub fn current_file(folder: &Path) -> PathBuf {
    let today = time::OffsetDateTime::now_utc().date();
    let (year, month, day) = (today.year(), u8::from(today.month()), today.day());
    folder.join(format!("{FILE_PREFIX}.{year:04}-{month:02}-{day:02}.{FILE_SUFFIX}"))
}

/// Logs panics, and does nothing else about them: a panic is a defect, found by its place; its message is redacted with
/// the rest of the line.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic_message(panic);
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(message, place, "panicked");
    }));
}

fn panic_message<'panic>(panic: &'panic std::panic::PanicHookInfo<'_>) -> &'panic str {
    let payload = panic.payload();
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "no message",
    }
}

/// A log file that redacts its lines.
struct RedactingFile(RollingFileAppender);

impl RedactingFile {
    fn open(folder: &Path) -> io::Result<Self> {
        Folders::make_private(folder)?;
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(FILE_PREFIX)
            .filename_suffix(FILE_SUFFIX)
            .max_log_files(DAYS_KEPT)
            .build(folder)
            .map(Self)
            .map_err(io::Error::other)
    }
}

impl<'writer> MakeWriter<'writer> for RedactingFile {
    type Writer = RedactingWriter<<RollingFileAppender as MakeWriter<'writer>>::Writer>;

    fn make_writer(&'writer self) -> Self::Writer {
        RedactingWriter(self.0.make_writer())
    }
}

/// Redacts each write. A line arrives in one write, so no secret is split over two.
struct RedactingWriter<W>(W);

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Removes everything that looks like a secret: the password of a connection string, a signed token, a bcrypt hash, the
/// key of a sealed file, and the value of a field named like a secret.
pub fn redact(text: &str) -> String {
    let Some(patterns) = PATTERNS.as_ref() else {
        return "(a text that could not be checked for secrets)".to_owned();
    };
    let text =
        patterns.connection_string.replace_all(text, |found: &Captures<'_>| format!("{}***@", &found[1]));
    let text = patterns.token.replace_all(&text, "***");
    let text = patterns.sealing_key.replace_all(&text, "***");
    let text = patterns.hash.replace_all(&text, "***");
    patterns.named.replace_all(&text, |found: &Captures<'_>| format!("{}***", &found[1])).into_owned()
}

struct Patterns {
    connection_string: Regex,
    token: Regex,
    sealing_key: Regex,
    hash: Regex,
    named: Regex,
}

/// `None` would mean that a pattern does not compile: then nothing is logged.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        // Up to the last `@` before a space or quote: a password pasted without encoding may contain one itself.
        connection_string: Regex::new(r#"(mongodb(?:\+srv)?://)[^\s"'<>]*@"#).ok()?,
        token: Regex::new(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}").ok()?,
        sealing_key: Regex::new(r"(?i)AGE-SECRET-KEY-1[a-z0-9]+").ok()?,
        hash: Regex::new(r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}").ok()?,
        named: Regex::new(r#"(?i)((?:password|passwd|passphrase|secret|token|api[_-]?key)\\?["']?\s*(?:[=:]|%3[AD])\s*)(?:\\?"[^"\\]*\\?"|'[^']*'|[^\s,;&"'}\\]+)"#)
            .ok()?,
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_slip_into_a_text_are_taken_out() {
        let hash = format!("$2b$12${}", "A".repeat(53));
        for (text, secret) in [
            ("open mongodb://dana:s3cret@host/db".to_owned(), "s3cret"),
            ("open mongodb+srv://dana:p@s3cret@host.example".to_owned(), "s3cret"),
            ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXMzY3JldA".to_owned(), "c2lnbmF0"),
            (format!("stored {hash}"), "AAAA"),
            (r#"{"password":"s3cret","name":"acme"}"#.to_owned(), "s3cret"),
            (r#"{"message":"{\"admin_password\": \"s3cret\"}"}"#.to_owned(), "s3cret"),
            ("signing_secret = s3cret, more".to_owned(), "s3cret"),
            ("mongodb://h/?tls=true&tlsCertificateKeyFilePassword=s3cret&w=1".to_owned(), "s3cret"),
            ("mongodb://h/?proxyHost=p&proxyUsername=u&proxyPassword=s3cret".to_owned(), "s3cret"),
            ("authMechanismProperties=SERVICE_NAME:x,AWS_SESSION_TOKEN:s3cret+/=".to_owned(), "s3cret"),
            ("authMechanismProperties=AWS_SESSION_TOKEN%3As3cret".to_owned(), "s3cret"),
            ("unlocking with passphrase=s3cret".to_owned(), "s3cret"),
            ("read AGE-SECRET-KEY-1QQPS3CRETQQQQ from it".to_owned(), "S3CRET"),
        ] {
            let redacted = redact(&text);
            assert!(!redacted.contains(secret), "a secret is left in: {redacted}");
            assert!(redacted.contains("***"), "a reader must see that something was taken out: {redacted}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_readable() {
        for text in [
            "opened mongodb://localhost:27017 in 12 ms",
            "the password was wrong",
            r#"{"level":"INFO","fields":{"message":"opened","workspace":"built-in"}}"#,
            "eyJ is how a token begins",
        ] {
            assert_eq!(redact(text), text, "redaction ate something harmless");
        }
    }

    #[test]
    fn a_line_in_the_file_is_redacted() {
        let folder = tempfile::tempdir().unwrap();
        let file = RedactingFile::open(folder.path()).unwrap();
        let layer = tracing_subscriber::fmt::layer().json().with_writer(file);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::error!(uri = "mongodb://dana:s3cret@host", "could not open");
        });
        let written = std::fs::read_to_string(current_file(folder.path())).unwrap();
        assert!(written.contains("could not open"), "the line is missing: {written}");
        assert!(!written.contains("s3cret"), "{written}");
    }
}
