//! The only place that reads the driver's errors. What leaves it are codes, names of commands and our own words: the
//! driver's text holds the server's whole answer, keys and values included.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bson::{Bson, Document};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use tenantry_core::StoreError;

use crate::documents;

/// The server's codes that somebody branches on. Names from the server's `error_codes.yml`.
pub(crate) mod code {
    pub(crate) const BAD_VALUE: i32 = 2;
    pub(crate) const FAILED_TO_PARSE: i32 = 9;
    pub(crate) const USER_NOT_FOUND: i32 = 11;
    pub(crate) const UNAUTHORIZED: i32 = 13;
    pub(crate) const AUTHENTICATION_FAILED: i32 = 18;
    pub(crate) const NAMESPACE_NOT_FOUND: i32 = 26;
    pub(crate) const PATH_NOT_VIABLE: i32 = 28;
    pub(crate) const TYPE_MISMATCH: i32 = 14;
    pub(crate) const NAMESPACE_EXISTS: i32 = 48;
    pub(crate) const MAX_TIME_MS_EXPIRED: i32 = 50;
    pub(crate) const COMMAND_NOT_FOUND: i32 = 59;
    pub(crate) const WRITE_CONCERN_TIMEOUT: i32 = 64;
    pub(crate) const INVALID_OPTIONS: i32 = 72;
    pub(crate) const INVALID_NAMESPACE: i32 = 73;
    pub(crate) const INDEX_OPTIONS_CONFLICT: i32 = 85;
    pub(crate) const INDEX_KEY_SPECS_CONFLICT: i32 = 86;
    pub(crate) const UNSATISFIABLE_WRITE_CONCERN: i32 = 100;
    pub(crate) const COMMAND_NOT_SUPPORTED: i32 = 115;
    pub(crate) const DOCUMENT_VALIDATION_FAILURE: i32 = 121;
    pub(crate) const COMMAND_NOT_SUPPORTED_ON_VIEW: i32 = 166;
    pub(crate) const NOT_IMPLEMENTED: i32 = 238;
    pub(crate) const EXCEEDED_TIME_LIMIT: i32 = 262;
    pub(crate) const MECHANISM_UNAVAILABLE: i32 = 334;
    pub(crate) const ATLAS_ERROR: i32 = 8000;
    pub(crate) const DUPLICATE_KEY: i32 = 11000;
    pub(crate) const OUT_OF_DISK_SPACE: i32 = 14031;
    pub(crate) const UNRECOGNIZED_STAGE: i32 = 40324;
    pub(crate) const UNKNOWN_FIELD: i32 = 40415;

    /// The server does not know the way of signing in, or does not offer it.
    pub(crate) const MECHANISM: [i32; 2] = [BAD_VALUE, MECHANISM_UNAVAILABLE];
    /// Who we say we are was not accepted: user, password, or the database that is to know them.
    pub(crate) const SIGN_IN_REFUSED: [i32; 4] =
        [USER_NOT_FOUND, UNAUTHORIZED, AUTHENTICATION_FAILED, ATLAS_ERROR];
    /// Not reachable, or restarting.
    pub(crate) const RESTARTING: [i32; 6] = [6, 7, 89, 91, 9001, 11600];
    /// The primary is changing.
    pub(crate) const ELECTION: [i32; 6] = [10107, 13435, 13436, 10058, 189, 11602];
    /// Somebody else changed the same thing at the same moment.
    pub(crate) const CONTENTION: [i32; 3] = [24, 112, 251];
    /// A list's place on the server is gone.
    pub(crate) const CURSOR_GONE: [i32; 2] = [43, 237];
    /// The server does not have the command, the stage or the option.
    pub(crate) const UNSUPPORTED: [i32; 9] = [
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

/// What was asked of the server, for messages: names only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act<'a> {
    /// The privilege or command, in the server's words.
    pub(crate) action: &'static str,
    /// On which collection; `None` for the database.
    pub(crate) collection: Option<&'a str>,
}

impl<'a> Act<'a> {
    pub(crate) fn on(action: &'static str, collection: &'a str) -> Self {
        Self { action, collection: Some(collection) }
    }

    pub(crate) fn in_database(action: &'static str) -> Self {
        Self { action, collection: None }
    }
}

/// A driver's error without its text.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The server's number, wherever the driver hid it.
    pub(crate) code: Option<i32>,
    /// Which of many documents it was.
    pub(crate) index: Option<usize>,
    /// The fields that broke the rules of their collection, where the server says so.
    fields: Vec<String>,
    cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The server answered with `code`.
    Answer,
    /// Signing in to the server failed.
    SignIn,
    /// No line: why.
    Line(LineProblem),
    /// No server could be chosen; the reason stands with the monitors.
    Selection,
    /// Our own limit passed.
    TookTooLong,
    /// The TLS options can't be used.
    TlsOptions,
    /// What came back is no document.
    Damaged,
    /// Anything else, by the name of the driver's variant.
    Other(&'static str),
}

/// Why there is no line to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineProblem {
    /// Nothing listens there.
    Refused,
    /// The name is not known.
    NameNotFound,
    /// TLS could not be agreed on.
    Tls,
    /// The other side hung up.
    Closed,
    /// No way to that network.
    NoRoute,
    /// No answer in time.
    Timeout,
    /// Anything else.
    Unknown,
}

impl LineProblem {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Refused => "nothing accepts connections at that host and port",
            Self::NameNotFound => "the host's name was not found (DNS)",
            Self::Tls => {
                "no encrypted line could be agreed on (TLS): the certificate is not trusted, or one side does not use TLS"
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
        // WSAHOST_NOT_FOUND, WSATRY_AGAIN and WSANO_DATA: Windows numbers failed look-ups, Unix does not.
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
            // The standard library gives a failed look-up a kind that can't be named and no number.
            _ if error.raw_os_error().is_none() => Self::NameNotFound,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn of(error: &Error) -> Option<Self> {
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

/// What the monitors of the servers met last. The driver keeps it from whoever waits for a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<Option<LineProblem>>>);

impl Troubles {
    pub(crate) fn note(&self, error: &Error) {
        self.set(LineProblem::of(error));
    }

    pub(crate) fn clear(&self) {
        self.set(None);
    }

    fn set(&self, problem: Option<LineProblem>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    fn last(&self) -> Option<LineProblem> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn source(error: &Error) -> Option<&Error> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>())
}

impl Failure {
    fn of(cause: Cause) -> Self {
        Self { code: None, index: None, fields: Vec::new(), cause }
    }

    /// Reads a driver's error: the first number on the way down its sources.
    pub(crate) fn read(error: &Error) -> Self {
        let mut failure = Self::of(cause_of(error.kind.as_ref()));
        let mut next = Some(error);
        while let Some(error) = next {
            match error.kind.as_ref() {
                ErrorKind::Command(command) => {
                    failure.code = Some(command.code);
                    let details = error.server_response().and_then(|said| said.get_document("errInfo").ok());
                    let details = details.and_then(documents::decoded);
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
                    // Of several refused documents the one that is not a mere repetition decides.
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

    pub(crate) fn took_too_long() -> Self {
        Self::of(Cause::TookTooLong)
    }

    /// Nobody was found who could be asked.
    pub(crate) fn nobody_found() -> Self {
        Self::of(Cause::Selection)
    }

    /// Whether the line broke, or the server that was asked is no longer the one to ask.
    pub(crate) fn is_lost(&self) -> bool {
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

    pub(crate) fn is(&self, code: i32) -> bool {
        self.code == Some(code)
    }

    /// Whether a unique index refused the write; nothing of it was written.
    pub(crate) fn is_duplicate(&self) -> bool {
        self.is(code::DUPLICATE_KEY)
    }

    /// Whether the write stands on the primary and was not confirmed by a majority in time.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        self.is(code::WRITE_CONCERN_TIMEOUT)
    }

    pub(crate) fn is_unsupported(&self) -> bool {
        self.code.is_some_and(|code| code::UNSUPPORTED.contains(&code))
    }

    /// Whether the server did not accept who we say we are, or how we say it. The driver seldom passes on its number.
    pub(crate) fn is_of_sign_in(&self) -> bool {
        self.cause == Cause::SignIn || self.is(code::AUTHENTICATION_FAILED)
    }

    /// What happened, in our words: for technical texts.
    pub(crate) fn words(&self) -> &'static str {
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
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.cause == Cause::TookTooLong || self.is(code::MAX_TIME_MS_EXPIRED)
    }

    /// Whether a tier of Atlas does not offer it.
    pub(crate) fn is_atlas_limit(&self) -> bool {
        self.is(code::ATLAS_ERROR) && self.cause != Cause::SignIn
    }

    pub(crate) fn is_denied(&self) -> bool {
        self.is(code::UNAUTHORIZED) || self.is_atlas_limit()
    }

    fn validation(&self, act: Act<'_>) -> String {
        let rules = format!("the validation rules of {}", act.collection.unwrap_or("the collection"));
        match self.fields.as_slice() {
            [] => rules,
            fields => format!("{rules}, in {}", fields.join(", ")),
        }
    }

    /// Our word for it.
    pub(crate) fn into_store_error(self, act: Act<'_>, place: &Place) -> StoreError {
        match self.cause {
            Cause::SignIn => return StoreError::SignInRefused,
            Cause::TookTooLong => return StoreError::TookTooLong,
            Cause::TlsOptions => {
                return StoreError::ConnectionString {
                    problem: "Its TLS options can't be used: a file that they name is missing or is no certificate."
                        .to_owned(),
                };
            }
            Cause::Line(problem) => return place.unavailable(Some(problem)),
            Cause::Selection => return place.unavailable(place.troubles.last()),
            Cause::Damaged => return StoreError::Corrupt { what: act.subject() },
            Cause::Answer | Cause::Other(_) => {}
        }
        match self.code {
            Some(code::UNAUTHORIZED) => place.denied(act),
            Some(code::ATLAS_ERROR) => StoreError::LimitReached { action: act.action.to_owned() },
            Some(code::DOCUMENT_VALIDATION_FAILURE) => StoreError::RuleBroken { rule: self.validation(act) },
            Some(code::INVALID_NAMESPACE) => StoreError::RuleBroken {
                rule:
                    "the server's rules for names: database and collection together have at most 255 bytes, \
                       on Atlas Free and Flex 95"
                        .to_owned(),
            },
            Some(code::BAD_VALUE | code::INVALID_OPTIONS) => StoreError::RuleBroken {
                rule: format!("the server's rules for the values and options of {}", act.action),
            },
            Some(code::AUTHENTICATION_FAILED) => StoreError::SignInRefused,
            Some(code::NAMESPACE_NOT_FOUND) => {
                StoreError::CollectionMissing { collection: act.collection.unwrap_or_default().to_owned() }
            }
            Some(code::NAMESPACE_EXISTS) => {
                StoreError::CollectionExists { collection: act.collection.unwrap_or_default().to_owned() }
            }
            Some(
                code::MAX_TIME_MS_EXPIRED
                | code::EXCEEDED_TIME_LIMIT
                | code::WRITE_CONCERN_TIMEOUT
                | code::UNSATISFIABLE_WRITE_CONCERN,
            ) => StoreError::TookTooLong,
            Some(code::OUT_OF_DISK_SPACE) => StoreError::Full,
            Some(code::PATH_NOT_VIABLE | code::TYPE_MISMATCH) => StoreError::Corrupt { what: act.subject() },
            Some(number) if code::RESTARTING.contains(&number) => {
                StoreError::Unavailable { reason: "the server is restarting".to_owned() }
            }
            Some(number) if code::ELECTION.contains(&number) => {
                StoreError::Unavailable { reason: "the primary server is changing".to_owned() }
            }
            Some(number) if code::CONTENTION.contains(&number) => {
                StoreError::Unavailable { reason: "somebody else is changing the same data".to_owned() }
            }
            Some(number) if code::CURSOR_GONE.contains(&number) => {
                StoreError::Unavailable { reason: "the server forgot the place in the list".to_owned() }
            }
            Some(number) => {
                StoreError::Unexpected { detail: format!("{} answered code {number}", act.action) }
            }
            None => {
                let variant = match self.cause {
                    Cause::Other(variant) => variant,
                    Cause::Answer
                    | Cause::SignIn
                    | Cause::Line(_)
                    | Cause::Selection
                    | Cause::TookTooLong
                    | Cause::TlsOptions
                    | Cause::Damaged => "an answer without a code",
                };
                StoreError::Unexpected { detail: format!("{} failed in the driver: {variant}", act.action) }
            }
        }
    }
}

/// The names in what a server says of a document that breaks its collection's rules. The values beside them stay there.
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

impl Act<'_> {
    fn subject(self) -> String {
        match self.collection {
            Some(collection) => format!("a document of {collection}"),
            None => "an answer of the server".to_owned(),
        }
    }
}

/// What the server said, with its number. For a connection test's technical text, and only through its redaction: it
/// may hold anything.
pub(crate) fn server_text(error: &Error) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let ErrorKind::Command(command) = error.kind.as_ref() {
            return Some(format!("code {} {}: {}", command.code, command.code_name, command.message));
        }
        next = source(error);
    }
    None
}

/// Where a store is, as far as messages need it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The database's name.
    pub(crate) database: String,
    /// Whether the host is one of Atlas.
    pub(crate) atlas: bool,
    /// What the monitors met.
    pub(crate) troubles: Troubles,
}

impl Place {
    fn denied(&self, act: Act<'_>) -> StoreError {
        let namespace = match act.collection {
            Some(collection) => format!("{}.{collection}", self.database),
            None => self.database.clone(),
        };
        StoreError::Denied { action: act.action.to_owned(), namespace: Some(namespace) }
    }

    fn unavailable(&self, problem: Option<LineProblem>) -> StoreError {
        let words = match problem {
            Some(problem) => problem.words(),
            None => "no server that takes writes was found in time",
        };
        // Atlas ends the handshake of an address that is not on its access list; no certificate is at fault then.
        let hint = match problem {
            Some(LineProblem::Tls | LineProblem::Closed | LineProblem::Timeout) | None if self.atlas => {
                ". On Atlas, see first whether this computer's address is on the project's access list"
            }
            Some(LineProblem::NameNotFound) if self.atlas => {
                ". On Atlas, the cluster may be paused or deleted"
            }
            _ => "",
        };
        StoreError::Unavailable { reason: format!("{words}{hint}") }
    }
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
        // The driver's list may grow; whatever comes is logged by nobody's text but this.
        _ => Cause::Other("another variant"),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    const ACT: Act<'static> = Act { action: "find", collection: Some("organizations") };

    fn place(atlas: bool) -> Place {
        Place { database: "organization_management".to_owned(), atlas, troubles: Troubles::default() }
    }

    fn answered(code: i32) -> StoreError {
        Failure { code: Some(code), ..Failure::of(Cause::Answer) }.into_store_error(ACT, &place(false))
    }

    fn io_failure(kind: io::ErrorKind) -> Failure {
        Failure::read(&Error::from(io::Error::from(kind)))
    }

    #[test]
    fn a_missing_privilege_is_told_with_its_name_and_place() {
        assert_eq!(
            answered(13),
            StoreError::Denied {
                action: "find".to_owned(),
                namespace: Some("organization_management.organizations".to_owned())
            }
        );
    }

    #[test]
    fn each_code_has_its_meaning() {
        assert_eq!(answered(18), StoreError::SignInRefused);
        assert_eq!(answered(26), StoreError::CollectionMissing { collection: "organizations".to_owned() });
        assert_eq!(answered(48), StoreError::CollectionExists { collection: "organizations".to_owned() });
        for slow in [50, 262, 64, 100] {
            assert_eq!(answered(slow), StoreError::TookTooLong, "{slow}");
        }
        for away in [6, 7, 89, 91, 9001, 11600, 10107, 13435, 13436, 189, 11602, 112, 43] {
            assert!(matches!(answered(away), StoreError::Unavailable { .. }), "{away}");
        }
        assert_eq!(answered(14031), StoreError::Full);
        assert_eq!(answered(96), StoreError::Unexpected { detail: "find answered code 96".to_owned() });
    }

    #[test]
    fn a_broken_rule_is_told_with_the_fields_that_break_it_and_no_value() {
        let rule = |failure: Failure| match failure.into_store_error(ACT, &place(false)) {
            StoreError::RuleBroken { rule } => rule,
            other => panic!("{other:?}"),
        };
        let unsatisfied = doc! { "failingDocumentId": 7, "details": {
            "operatorName": "$jsonSchema",
            "schemaRulesNotSatisfied": [
                { "operatorName": "properties", "propertiesNotSatisfied": [{
                    "propertyName": "created_at",
                    "details": [{ "operatorName": "bsonType", "consideredValue": { "propertyName": "planted-secret" } }],
                }] },
                { "operatorName": "required", "missingProperties": ["plan"] },
            ],
        } };
        let refused = |fields| Failure { code: Some(121), fields, ..Failure::of(Cause::Answer) };
        let told = rule(refused(broken_fields(&unsatisfied)));
        assert_eq!(told, "the validation rules of organizations, in created_at, plan");
        assert_eq!(rule(refused(Vec::new())), "the validation rules of organizations");
        for code in [2, 72, 73] {
            let told = rule(Failure { code: Some(code), ..Failure::of(Cause::Answer) });
            assert!(told.contains(if code == 73 { "95" } else { "find" }), "{code}: {told}");
        }
    }

    #[test]
    fn a_refused_atlas_sign_in_is_not_taken_for_a_limit_of_the_tier() {
        let failure = Failure { code: Some(8000), ..Failure::of(Cause::SignIn) };
        assert!(!failure.is_denied());
        assert_eq!(failure.into_store_error(ACT, &place(true)), StoreError::SignInRefused);
        assert_eq!(answered(8000), StoreError::LimitReached { action: "find".to_owned() });
    }

    #[test]
    fn a_broken_line_is_told_in_words_by_its_kind() {
        let reason = |kind| match io_failure(kind).into_store_error(ACT, &place(false)) {
            StoreError::Unavailable { reason } => reason,
            other => panic!("{other:?}"),
        };
        assert!(reason(io::ErrorKind::ConnectionRefused).contains("nothing accepts connections"));
        assert!(reason(io::ErrorKind::TimedOut).contains("in time"));
        assert!(reason(io::ErrorKind::InvalidData).contains("TLS"));
        assert!(reason(io::ErrorKind::ConnectionReset).contains("closed"));
    }

    #[test]
    fn on_atlas_the_access_list_is_suspected_first() {
        let told = io_failure(io::ErrorKind::UnexpectedEof).into_store_error(ACT, &place(true));
        assert!(matches!(told, StoreError::Unavailable { reason } if reason.contains("access list")));
    }

    #[test]
    fn a_failed_look_up_of_a_host_is_told_as_such() {
        let error =
            std::net::ToSocketAddrs::to_socket_addrs("no-such-host.invalid:1").expect_err("reserved name");
        assert_eq!(LineProblem::of_io(&error), LineProblem::NameNotFound);
    }

    #[test]
    fn what_the_driver_says_in_words_never_leaves() {
        let secret = "mongodb://user:planted-secret@host";
        let failure = Failure::read(&Error::custom(secret.to_owned()));
        let told = failure.into_store_error(ACT, &place(false));
        assert!(!format!("{told:?} {told}").contains("planted-secret"));
    }
}
