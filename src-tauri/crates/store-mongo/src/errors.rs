//! Translates the driver's failures into the ports' errors. Only codes, names of commands and our own words get out.

use std::sync::Arc;

use mongodb::error::Error;
use parking_lot::Mutex;
use tenantry_connection::failure::{Cause, Failure, LineProblem, code};
use tenantry_core::StoreError;

/// A request to the server, for messages: names only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act<'a> {
    /// The privilege or command, in the server's words.
    pub(crate) action: &'static str,
    /// The collection; `None` for the database.
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

/// The last problem of the servers' monitors. The driver does not pass it on to a call that waits for a server.
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
        *self.0.lock() = problem;
    }

    fn last(&self) -> Option<LineProblem> {
        *self.0.lock()
    }
}

impl Act<'_> {
    fn broken_rule(self, fields: &[String]) -> String {
        let rules = format!("the validation rules of {}", self.collection.unwrap_or("the collection"));
        match fields {
            [] => rules,
            fields => format!("{rules}, in {}", fields.join(", ")),
        }
    }

    fn subject(self) -> String {
        match self.collection {
            Some(collection) => format!("a document of {collection}"),
            None => "an answer of the server".to_owned(),
        }
    }
}

/// The store's deployment, as far as messages need it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The database's name.
    pub(crate) database: String,
    /// Whether the host belongs to Atlas.
    pub(crate) atlas: bool,
    /// The last problem of the monitors.
    pub(crate) troubles: Troubles,
}

impl Place {
    /// The port's error for a failure.
    pub(crate) fn store_error(&self, failure: &Failure, act: Act<'_>) -> StoreError {
        match failure.cause {
            Cause::SignIn => return StoreError::SignInRefused,
            Cause::TookTooLong => return StoreError::TookTooLong,
            Cause::TlsOptions => {
                return StoreError::ConnectionString {
                    problem: "Its TLS options can't be used: a file that they name is missing or is no certificate."
                        .to_owned(),
                };
            }
            Cause::Line(problem) => return self.unavailable(Some(problem)),
            Cause::Selection => return self.unavailable(self.troubles.last()),
            Cause::Damaged => return StoreError::Corrupt { what: act.subject() },
            Cause::Answer | Cause::Other(_) => {}
        }
        match failure.code {
            Some(code::UNAUTHORIZED) => self.denied(act),
            Some(code::ATLAS_ERROR) => StoreError::LimitReached { action: act.action.to_owned() },
            Some(code::DOCUMENT_VALIDATION_FAILURE) => {
                StoreError::RuleBroken { rule: act.broken_rule(&failure.fields) }
            }
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
                let variant = match failure.cause {
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
        // Atlas ends the TLS handshake of an address that is not on its access list; then no certificate is at fault.
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    const ACT: Act<'static> = Act { action: "find", collection: Some("organizations") };

    fn place(atlas: bool) -> Place {
        Place { database: "organization_management".to_owned(), atlas, troubles: Troubles::default() }
    }

    fn answered(code: i32) -> StoreError {
        place(false).store_error(&Failure { code: Some(code), ..Failure::of(Cause::Answer) }, ACT)
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
    fn a_broken_rule_is_told_with_the_fields_that_break_it() {
        let rule = |failure: Failure| match place(false).store_error(&failure, ACT) {
            StoreError::RuleBroken { rule } => rule,
            other => panic!("{other:?}"),
        };
        let refused = |fields| Failure { code: Some(121), fields, ..Failure::of(Cause::Answer) };
        let told = rule(refused(vec!["created_at".to_owned(), "plan".to_owned()]));
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
        assert_eq!(place(true).store_error(&failure, ACT), StoreError::SignInRefused);
        assert_eq!(answered(8000), StoreError::LimitReached { action: "find".to_owned() });
    }

    #[test]
    fn a_broken_line_is_told_in_words_by_its_kind() {
        let reason = |kind| match place(false).store_error(&io_failure(kind), ACT) {
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
        let told = place(true).store_error(&io_failure(io::ErrorKind::UnexpectedEof), ACT);
        assert!(matches!(told, StoreError::Unavailable { reason } if reason.contains("access list")));
    }

    #[test]
    fn what_the_driver_says_in_words_never_leaves() {
        let secret = "mongodb://user:planted-secret@host";
        let failure = Failure::read(&Error::custom(secret.to_owned()));
        let told = place(false).store_error(&failure, ACT);
        assert!(!format!("{told:?} {told}").contains("planted-secret"));
    }
}
