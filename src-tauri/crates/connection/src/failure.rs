//! The only place that reads the driver's errors. Only codes, names of commands and our own words leave it: the
//! driver's text contains the server's whole response, keys and values included.

use std::future::IntoFuture;
use std::io;
use std::time::Duration;

use bson::{Bson, Document};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use tenantry_core::nesting::decoded;
use tokio::time::timeout;

/// The server's codes that something branches on. Names from the server's `error_codes.yml`.
pub mod code {
    pub const BAD_VALUE: i32 = 2;
    pub const FAILED_TO_PARSE: i32 = 9;
    pub const USER_NOT_FOUND: i32 = 11;
    pub const UNAUTHORIZED: i32 = 13;
    pub const AUTHENTICATION_FAILED: i32 = 18;
    pub const NAMESPACE_NOT_FOUND: i32 = 26;
    pub const INDEX_NOT_FOUND: i32 = 27;
    pub const PATH_NOT_VIABLE: i32 = 28;
    pub const TYPE_MISMATCH: i32 = 14;
    pub const NAMESPACE_EXISTS: i32 = 48;
    pub const MAX_TIME_MS_EXPIRED: i32 = 50;
    pub const COMMAND_NOT_FOUND: i32 = 59;
    pub const WRITE_CONCERN_TIMEOUT: i32 = 64;
    pub const CANNOT_CREATE_INDEX: i32 = 67;
    pub const INVALID_OPTIONS: i32 = 72;
    pub const INVALID_NAMESPACE: i32 = 73;
    pub const INDEX_OPTIONS_CONFLICT: i32 = 85;
    pub const INDEX_KEY_SPECS_CONFLICT: i32 = 86;
    pub const UNSATISFIABLE_WRITE_CONCERN: i32 = 100;
    pub const COMMAND_NOT_SUPPORTED: i32 = 115;
    pub const DOCUMENT_VALIDATION_FAILURE: i32 = 121;
    pub const COMMAND_NOT_SUPPORTED_ON_VIEW: i32 = 166;
    pub const NOT_IMPLEMENTED: i32 = 238;
    pub const EXCEEDED_TIME_LIMIT: i32 = 262;
    pub const MECHANISM_UNAVAILABLE: i32 = 334;
    pub const ATLAS_ERROR: i32 = 8000;
    pub const DUPLICATE_KEY: i32 = 11000;
    pub const OUT_OF_DISK_SPACE: i32 = 14031;
    pub const UNRECOGNIZED_STAGE: i32 = 40324;
    pub const UNKNOWN_FIELD: i32 = 40415;

    /// The server does not know the mechanism, or does not offer it.
    pub const MECHANISM: [i32; 2] = [BAD_VALUE, MECHANISM_UNAVAILABLE];
    /// The credentials were refused: the user, the password, or the database of the user.
    pub const SIGN_IN_REFUSED: [i32; 4] = [USER_NOT_FOUND, UNAUTHORIZED, AUTHENTICATION_FAILED, ATLAS_ERROR];
    /// Unreachable, or restarting.
    pub const RESTARTING: [i32; 6] = [6, 7, 89, 91, 9001, 11600];
    /// The primary is changing.
    pub const ELECTION: [i32; 6] = [10107, 13435, 13436, 10058, 189, 11602];
    /// Someone else changed the same thing at the same moment.
    pub const CONTENTION: [i32; 3] = [24, 112, 251];
    /// The cursor of a list is gone on the server, or its index.
    pub const CURSOR_GONE: [i32; 3] = [43, 175, 237];
    /// The server does not have the command, the stage or the option.
    pub const UNSUPPORTED: [i32; 9] = [
        BAD_VALUE,
        FAILED_TO_PARSE,
        COMMAND_NOT_FOUND,
        INVALID_OPTIONS,
        COMMAND_NOT_SUPPORTED,
        COMMAND_NOT_SUPPORTED_ON_VIEW,
        NOT_IMPLEMENTED,
        UNRECOGNIZED_STAGE,
        UNKNOWN_FIELD,
    ];
}

/// A driver's error without its text.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The server's number, wherever the driver put it.
    pub code: Option<i32>,
    /// The index of the document, of many.
    pub index: Option<usize>,
    /// The fields that broke the collection's rules, if the server says so.
    pub fields: Vec<String>,
    /// The kind of failure.
    pub cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server responded with `code`.
    Answer,
    /// Signing in to the server failed.
    SignIn,
    /// There is no connection: why.
    Line(LineProblem),
    /// No server could be chosen; the monitors have the reason.
    Selection,
    /// Our own time limit passed.
    TookTooLong,
    /// The TLS options cannot be used.
    TlsOptions,
    /// The response is not a document.
    Damaged,
    /// Another failure, by the name of the driver's variant.
    Other(&'static str),
}

/// Why there is no connection to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineProblem {
    /// Nothing listens there.
    Refused,
    /// The name is unknown.
    NameNotFound,
    /// TLS failed.
    Tls,
    /// The other side closed the connection.
    Closed,
    /// There is no route to that network.
    NoRoute,
    /// No response in time.
    Timeout,
    Unknown,
}

impl LineProblem {
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "nothing accepts connections at that host and port",
            Self::NameNotFound => "the host's name was not found (DNS)",
            Self::Tls => {
                "no encrypted line could be agreed on (TLS): the certificate is not trusted, or one side does not \
                 use TLS"
            }
            Self::Closed => "the server closed the connection",
            Self::NoRoute => "there is no route to the host",
            Self::Timeout => {
                "the host did not answer in time: a firewall may be in between, or only one side uses TLS"
            }
            Self::Unknown => "the connection broke",
        }
    }

    fn of_io(error: &io::Error) -> Self {
        // WSAHOST_NOT_FOUND, WSATRY_AGAIN and WSANO_DATA: Windows numbers failed lookups, Unix does not.
        if matches!(error.raw_os_error(), Some(11001 | 11002 | 11004)) && cfg!(windows) {
            return Self::NameNotFound;
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Timeout,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Self::Tls,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected => Self::Closed,
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Self::NoRoute,
            io::ErrorKind::Other => Self::Unknown,
            // The standard library's kind for a failed lookup cannot be named and has no number.
            _ if error.raw_os_error().is_none() => Self::NameNotFound,
            _ => Self::Unknown,
        }
    }

    pub fn of(error: &Error) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            match error.kind.as_ref() {
                ErrorKind::Io(io) => return Some(Self::of_io(io)),
                ErrorKind::DnsResolve { .. } => return Some(Self::NameNotFound),
                ErrorKind::InvalidTlsConfig { .. } => return Some(Self::Tls),
                _ => next = source(error),
            }
        }
        None
    }
}

fn source(error: &Error) -> Option<&Error> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>())
}

impl Failure {
    /// A failure without a number.
    pub fn of(cause: Cause) -> Self {
        Self { code: None, index: None, fields: Vec::new(), cause }
    }

    /// Analyses a driver's error: the first number along its sources.
    pub fn read(error: &Error) -> Self {
        let mut failure = Self::of(cause_of(error.kind.as_ref()));
        let mut next = Some(error);
        while let Some(error) = next {
            match error.kind.as_ref() {
                ErrorKind::Command(command) => {
                    failure.code = Some(command.code);
                    let details = error.server_response().and_then(|said| said.get_document("errInfo").ok());
                    let details = details.and_then(decoded);
                    failure.fields = details.as_ref().map(broken_fields).unwrap_or_default();
                }
                ErrorKind::Write(WriteFailure::WriteError(write)) => {
                    failure.code = Some(write.code);
                    failure.fields = write.details.as_ref().map(broken_fields).unwrap_or_default();
                }
                ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => {
                    failure.code = Some(concern.code)
                }
                ErrorKind::InsertMany(many) => {
                    // Of several refused documents, the first that is not a mere repetition decides.
                    let refused = many.write_errors.iter().flatten();
                    let worst = refused
                        .clone()
                        .find(|one| one.code != code::DUPLICATE_KEY)
                        .or(refused.clone().next());
                    if let Some(worst) = worst {
                        failure.code = Some(worst.code);
                        failure.index = Some(worst.index);
                        failure.fields = worst.details.as_ref().map(broken_fields).unwrap_or_default();
                    } else if let Some(concern) = &many.write_concern_error {
                        failure.code = Some(concern.code);
                    }
                }
                ErrorKind::Io(io) if failure.cause == Cause::SignIn => {
                    failure.cause = Cause::Line(LineProblem::of_io(io));
                }
                _ => {}
            }
            if failure.code.is_some() {
                break;
            }
            next = source(error);
        }
        failure
    }

    pub fn took_too_long() -> Self {
        Self::of(Cause::TookTooLong)
    }

    /// No server was found.
    pub fn nobody_found() -> Self {
        Self::of(Cause::Selection)
    }

    /// Whether the connection broke, or another server must be asked now.
    pub fn is_lost(&self) -> bool {
        match self.cause {
            Cause::Line(_) => true,
            Cause::Answer => self
                .code
                .is_some_and(|code| code::RESTARTING.contains(&code) || code::ELECTION.contains(&code)),
            Cause::SignIn
            | Cause::Selection
            | Cause::TookTooLong
            | Cause::TlsOptions
            | Cause::Damaged
            | Cause::Other(_) => false,
        }
    }

    pub fn is(&self, code: i32) -> bool {
        self.code == Some(code)
    }

    /// Whether a unique index refused the write; nothing of it was written.
    pub fn is_duplicate(&self) -> bool {
        self.is(code::DUPLICATE_KEY)
    }

    /// Whether the primary has the write, but no majority confirmed it in time.
    pub fn is_unconfirmed(&self) -> bool {
        self.is(code::WRITE_CONCERN_TIMEOUT)
    }

    pub fn is_unsupported(&self) -> bool {
        self.code.is_some_and(|code| code::UNSUPPORTED.contains(&code))
    }

    /// Whether the server refused the credentials or the mechanism. The driver seldom passes on its number.
    pub fn is_of_sign_in(&self) -> bool {
        self.cause == Cause::SignIn || self.is(code::AUTHENTICATION_FAILED)
    }

    /// What happened, in our words, for technical texts.
    pub fn words(&self) -> &'static str {
        match self.cause {
            Cause::Answer => "the server refused",
            Cause::SignIn => "the sign-in was refused",
            Cause::Line(problem) => problem.words(),
            Cause::Selection => "no server that takes writes was found in time",
            Cause::TookTooLong => "it took too long",
            Cause::TlsOptions => "the TLS options can't be used",
            Cause::Damaged => "the answer can't be read",
            Cause::Other(variant) => variant,
        }
    }

    /// Whether the server or we gave up waiting.
    pub fn is_out_of_time(&self) -> bool {
        self.cause == Cause::TookTooLong || self.is(code::MAX_TIME_MS_EXPIRED)
    }

    /// Whether a tier of Atlas does not offer it.
    pub fn is_atlas_limit(&self) -> bool {
        self.is(code::ATLAS_ERROR) && self.cause != Cause::SignIn
    }

    pub fn is_denied(&self) -> bool {
        self.is(code::UNAUTHORIZED) || self.is_atlas_limit()
    }
}

/// The field names in a server's refusal of a document. The values beside them are left out.
fn broken_fields(details: &Document) -> Vec<String> {
    let mut fields = Vec::new();
    for (key, value) in details {
        match (key.as_str(), value) {
            ("propertyName", Bson::String(name)) => fields.push(name.clone()),
            ("missingProperties" | "additionalProperties", Bson::Array(names)) => {
                fields.extend(names.iter().filter_map(|name| name.as_str().map(str::to_owned)));
            }
            ("consideredValue" | "consideredValues", _) => {}
            (_, Bson::Document(inner)) => fields.extend(broken_fields(inner)),
            (_, Bson::Array(inner)) => {
                fields.extend(inner.iter().filter_map(Bson::as_document).flat_map(broken_fields));
            }
            _ => {}
        }
    }
    fields
}

/// The server's own text, with its number. Only for a connection test's technical text, and only through its redaction:
/// it may contain anything.
pub fn server_text(error: &Error) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let ErrorKind::Command(command) = error.kind.as_ref() {
            return Some(format!("code {} {}: {}", command.code, command.code_name, command.message));
        }
        next = source(error);
    }
    None
}

fn cause_of(kind: &ErrorKind) -> Cause {
    match kind {
        ErrorKind::Authentication { .. } => Cause::SignIn,
        ErrorKind::Io(io) => Cause::Line(LineProblem::of_io(io)),
        ErrorKind::DnsResolve { .. } => Cause::Line(LineProblem::NameNotFound),
        ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::Shutdown => Cause::Line(LineProblem::Closed),
        ErrorKind::ServerSelection { .. } => Cause::Selection,
        ErrorKind::InvalidTlsConfig { .. } => Cause::TlsOptions,
        ErrorKind::Bson(_) => Cause::Damaged,
        ErrorKind::Command(_) | ErrorKind::Write(_) | ErrorKind::InsertMany(_) | ErrorKind::BulkWrite(_) => {
            Cause::Answer
        }
        ErrorKind::InvalidArgument { .. } => Cause::Other("InvalidArgument"),
        ErrorKind::InvalidResponse { .. } => Cause::Other("InvalidResponse"),
        ErrorKind::IncompatibleServer { .. } => Cause::Other("IncompatibleServer"),
        ErrorKind::Internal { .. } => Cause::Other("Internal"),
        // The driver's list may grow.
        _ => Cause::Other("another variant"),
    }
}

/// Waits for a response, and analyses a failure.
///
/// # Errors
/// The driver's, or that it took too long.
pub async fn within<T, F>(limit: Duration, asked: F) -> Result<T, Failure>
where
    F: IntoFuture<Output = mongodb::error::Result<T>>,
{
    match timeout(limit, asked.into_future()).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Failure::read(&error)),
        Err(_) => Err(Failure::took_too_long()),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn a_broken_rule_names_the_fields_that_break_it_and_no_value() {
        let unsatisfied = doc! { "failingDocumentId": 7, "details": {
            "operatorName": "$jsonSchema",
            "schemaRulesNotSatisfied": [
                { "operatorName": "properties", "propertiesNotSatisfied": [{
                    "propertyName": "created_at",
                    "details": [
                        { "operatorName": "bsonType", "consideredValue": { "propertyName": "planted-secret" } },
                    ],
                }] },
                { "operatorName": "required", "missingProperties": ["plan"] },
            ],
        } };
        assert_eq!(broken_fields(&unsatisfied), ["created_at", "plan"]);
    }

    #[test]
    fn a_failed_look_up_of_a_host_is_told_as_such() {
        let error =
            std::net::ToSocketAddrs::to_socket_addrs("no-such-host.invalid:1").expect_err("reserved name");
        assert_eq!(LineProblem::of_io(&error), LineProblem::NameNotFound);
    }
}
