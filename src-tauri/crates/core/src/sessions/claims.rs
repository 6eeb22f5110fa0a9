//! The claims of a token, and what can be told from them alone.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::refusal::Refusal;
use crate::limits::{SERVICE_TOKEN_LIFE, SERVICE_TOKEN_LIFE_MAX, SESSION_MINUTES_MAX, TOKEN_CLOCK_LEEWAY};
use crate::rights::{Account, Role};

/// The issuer of our tokens.
pub(super) const ISSUER: &str = "tenantry";

/// The claims. The service writes the first five only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) admin_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_name: Option<String>,
    pub(super) email: String,
    pub(super) exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ver: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cred: Option<String>,
    /// Nobody writes it; a token that has it is not good before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<i64>,
}

/// The issuer of a token, with what it says beyond the common claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A session of Tenantry.
    Session {
        /// Its id.
        id: String,
        /// The account's version when it was issued.
        version: i64,
        /// The keyed digest of the password that it was issued for.
        credential: String,
    },
    /// The service's sign-in of an organization's admin.
    Service,
}

/// What a token with a valid signature says.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) origin: Origin,
    pub(super) account: Account,
    pub(super) role: Role,
    pub(super) email: String,
    pub(super) expires_at: OffsetDateTime,
}

impl Told {
    /// The id of the session; the service's tokens are none.
    pub(super) fn session_id(&self) -> Option<&str> {
        match &self.origin {
            Origin::Session { id, .. } => Some(id),
            Origin::Service => None,
        }
    }

    /// Whether it is a token of the service from before its organization was changed, in seconds since 1970. Such a
    /// token says neither when it was issued nor for which password, so any change ends it, as far as the service gives
    /// tokens the life that it does by default.
    pub(super) fn predates(&self, changed_at: Option<i64>) -> bool {
        let issued_at = (self.expires_at - SERVICE_TOKEN_LIFE).unix_timestamp();
        match self.origin {
            Origin::Service => changed_at.is_some_and(|at| at > issued_at),
            Origin::Session { .. } => false,
        }
    }
}

impl Claims {
    /// # Errors
    /// Why it is no session, as far as its claims alone tell.
    pub(super) fn told(self, now: OffsetDateTime) -> Result<Told, Refusal> {
        let expires_at = moment(self.exp).ok_or(Refusal::Claims)?;
        if expires_at <= now {
            return Err(Refusal::Expired);
        }
        let early = now + TOKEN_CLOCK_LEEWAY;
        if self.nbf.is_some_and(|not_before| moment(not_before).is_none_or(|at| at > early)) {
            return Err(Refusal::Early);
        }
        let (issued_at, role, origin) =
            match (self.iss, self.sub, self.iat, self.jti, self.role, self.ver, self.cred) {
                (None, None, None, None, None, None, None) => {
                    (None, Role::OrganizationAdmin, Origin::Service)
                }
                (Some(iss), Some(sub), Some(iat), Some(id), Some(role), Some(version), Some(credential)) => {
                    if iss != ISSUER || sub != self.admin_id {
                        return Err(Refusal::Issuer);
                    }
                    let role = Role::from_word(&role).ok_or(Refusal::Role)?;
                    let issued_at = moment(iat).ok_or(Refusal::Claims)?;
                    (Some(issued_at), role, Origin::Session { id, version, credential })
                }
                _ => return Err(Refusal::Incomplete),
            };
        if issued_at.is_some_and(|at| at > early) {
            return Err(Refusal::Early);
        }
        let longest = match issued_at {
            Some(at) => at + Duration::from_secs(u64::from(SESSION_MINUTES_MAX) * 60),
            None => now + SERVICE_TOKEN_LIFE_MAX,
        };
        if expires_at > longest {
            return Err(Refusal::Late);
        }
        let account = account(&self.admin_id, self.organization_id.as_deref(), role, &origin)?;
        Ok(Told { origin, account, role, email: self.email, expires_at })
    }
}

/// The account that a token names.
fn account(admin: &str, organization: Option<&str>, role: Role, origin: &Origin) -> Result<Account, Refusal> {
    let refused = |()| Refusal::Account;
    match role {
        Role::Owner | Role::Operator | Role::ReadOnlyOperator => match organization {
            None => admin.parse().map(Account::Operator).map_err(refused),
            Some(_) => Err(Refusal::Account),
        },
        Role::OrganizationAdmin | Role::Viewer => match (organization, origin) {
            // The service's own admin has the organization's id.
            (Some(organization), _) if organization == admin => {
                organization.parse().map(Account::Organization).map_err(refused)
            }
            (None, Origin::Service) => admin.parse().map(Account::Organization).map_err(refused),
            (Some(organization), Origin::Session { .. }) => {
                Ok(Account::Person(admin.parse().map_err(refused)?, organization.parse().map_err(refused)?))
            }
            (Some(_), Origin::Service) | (None, Origin::Session { .. }) => Err(Refusal::Account),
        },
    }
}

fn moment(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

/// A JSON object whose keys stand in it once. Parsers differ in which of two they believe, so neither is.
pub(super) struct Object(pub(super) BTreeMap<String, Value>);

/// The error text of a doubled key. Nothing else says it.
pub(super) const DOUBLED: &str = "a key stands twice";

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Object, M::Error> {
                let mut object = BTreeMap::new();
                while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                    if object.insert(key, value).is_some() {
                        return Err(M::Error::custom(DOUBLED));
                    }
                }
                Ok(Object(object))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

impl Object {
    /// # Errors
    /// `Claims` if it is no object, `Doubled`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(bytes).map_err(|error| {
            if error.to_string().starts_with(DOUBLED) { Refusal::Doubled } else { Refusal::Claims }
        })
    }
}
