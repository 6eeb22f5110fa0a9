//! Signed tokens (JWT, RFC 7519) that the service can read: its claims plus ours, never `aud`.

use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use time::OffsetDateTime;

use super::hs256;
use crate::clock::later;
use crate::error::{AppError, SessionProblem};
use crate::limits::{SESSION_LIFE, TOKEN_BYTES_MAX};
use crate::rights::{Account, Actor, Role};
use crate::values::{HashDigest, OperatorId, OrganizationId, PersonId};

/// The one algorithm: a token that names another is refused (RFC 8725, 3.1).
const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "tenantry";
/// Separates the digests of passwords from the signatures, which use the same key.
const CREDENTIAL_LABEL: &[u8] = b"tenantry credential\0";

/// The key that signs a workspace's tokens. Wiped on drop.
#[derive(Clone)]
pub struct SigningKey(SecretSlice<u8>);

impl SigningKey {
    /// The service's secret, as in its settings: tokens of either side then work on the other.
    pub fn of_service(secret: &SecretString) -> Self {
        Self(SecretSlice::from(secret.expose_secret().as_bytes().to_vec()))
    }

    /// A random 256-bit key.
    pub fn random() -> Self {
        let mut bytes = vec![0u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(SecretSlice::from(bytes))
    }

    /// A key from a vault; `None` unless it is hex of 32 bytes.
    pub fn from_hex(text: &SecretString) -> Option<Self> {
        let bytes = hex::decode(text.expose_secret()).ok()?;
        (bytes.len() == 32).then(|| Self(SecretSlice::from(bytes)))
    }

    /// The key as hex, for a vault.
    pub fn to_hex(&self) -> SecretString {
        SecretString::from(hex::encode(self.0.expose_secret()))
    }

    /// The digest in a token of the password it was issued for.
    fn credential(&self, origin: &HashDigest) -> Result<String, AppError> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret());
        let mut mac = mac.map_err(|error| AppError::Unexpected { detail: format!("signing: {error}") })?;
        mac.update(CREDENTIAL_LABEL);
        mac.update(origin.as_str().as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
}

/// The claims. The service writes the first five only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    admin_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_name: Option<String>,
    email: String,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ver: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cred: Option<String>,
}

/// The state of an account when a token was issued for it.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Raised by every change that ends sessions.
    pub(super) version: i64,
    /// The digest of the hash that the password was set with. Other software changes a password without raising the
    /// version.
    pub(super) origin: HashDigest,
}

impl Claims {
    /// A new session.
    pub(super) fn new(
        actor: &Actor,
        standing: &Standing,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<Self, AppError> {
        let mut session_id = [0u8; 16];
        rand::rng().fill_bytes(&mut session_id);
        Self::of(actor, standing, key, hex::encode(session_id), now, later(now, SESSION_LIFE))
    }

    /// The same session for the account as it is now. It keeps its id, so that ending the session ends both tokens, and
    /// its expiry. A token without an id cannot be ended, so it is not renewed.
    pub(super) fn renewed(
        &self,
        actor: &Actor,
        standing: &Standing,
        key: &SigningKey,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, AppError> {
        let Some(session_id) = self.jti.clone() else { return Ok(None) };
        Self::of(actor, standing, key, session_id, now, self.expires_at()).map(Some)
    }

    fn of(
        actor: &Actor,
        standing: &Standing,
        key: &SigningKey,
        session_id: String,
        now: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<Self, AppError> {
        let (id, organization_id, organization_name) = match actor.account() {
            Account::Operator(id) => (id.to_hex(), None, None),
            Account::Organization(id) => (id.to_hex(), Some(id.to_hex()), Some(actor.name().to_owned())),
            Account::Person(id, organization) => (id.to_hex(), Some(organization.to_hex()), None),
        };
        Ok(Self {
            sub: Some(id.clone()),
            admin_id: id,
            organization_id,
            organization_name,
            email: actor.email().to_owned(),
            exp: expires_at.unix_timestamp(),
            iss: Some(ISSUER.to_owned()),
            iat: Some(now.unix_timestamp()),
            jti: Some(session_id),
            role: Some(actor.role().as_str().to_owned()),
            ver: Some(standing.version),
            cred: Some(key.credential(&standing.origin)?),
        })
    }

    pub(super) fn account(&self) -> Result<(Account, Role), AppError> {
        let refused = AppError::Session(SessionProblem::Revoked);
        let role = Role::from_claim(self.role.as_deref()).ok_or_else(|| refused.clone())?;
        let account = match role {
            Role::Owner | Role::Operator | Role::ReadOnlyOperator => {
                self.admin_id.parse::<OperatorId>().map(Account::Operator)
            }
            Role::OrganizationAdmin | Role::Viewer => {
                let organization = self.organization_id.as_deref().unwrap_or(&self.admin_id);
                organization.parse::<OrganizationId>().and_then(|id| {
                    // The service's own admin has the id of the organization.
                    if organization == self.admin_id {
                        Ok(Account::Organization(id))
                    } else {
                        self.admin_id.parse::<PersonId>().map(|person| Account::Person(person, id))
                    }
                })
            }
        };
        account.map(|account| (account, role)).map_err(|()| refused)
    }

    /// Whether nothing has happened to the account since that ends its sessions. The service's tokens do not tell.
    pub(super) fn is_good_for(&self, standing: &Standing, key: &SigningKey) -> Result<bool, AppError> {
        let same_version = self.ver.is_none_or(|version| version == standing.version);
        let same_password = match &self.cred {
            Some(credential) => *credential == key.credential(&standing.origin)?,
            None => true,
        };
        Ok(same_version && same_password)
    }

    /// Whether exactly one change has ended sessions since: the caller's own.
    pub(super) fn precedes(&self, standing: &Standing) -> bool {
        self.ver.and_then(|version| version.checked_add(1)) == Some(standing.version)
    }

    pub(super) fn session_id(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    pub(super) fn expires_at(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.exp).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

pub(super) fn sign(claims: &Claims, key: &SigningKey) -> Result<SecretString, AppError> {
    hs256::install();
    let key = EncodingKey::from_secret(key.0.expose_secret());
    jsonwebtoken::encode(&Header::new(ALGORITHM), claims, &key)
        .map(SecretString::from)
        .map_err(|error| AppError::Unexpected { detail: format!("signing: {error}") })
}

/// Parses a token with a valid signature that has not expired.
///
/// # Errors
/// `Session(Expired)`; `Session(Revoked)` for anything else that is wrong with it.
pub(super) fn read(token: &SecretString, key: &SigningKey, now: OffsetDateTime) -> Result<Claims, AppError> {
    // Measured before anything is decoded: the header is parsed before the signature is checked.
    if token.expose_secret().len() > TOKEN_BYTES_MAX {
        return Err(AppError::Session(SessionProblem::Revoked));
    }
    hs256::install();
    let mut validation = Validation::new(ALGORITHM);
    // Compared with our own clock below, without leeway.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(
        token.expose_secret(),
        &DecodingKey::from_secret(key.0.expose_secret()),
        &validation,
    )
    .map_err(|_| AppError::Session(SessionProblem::Revoked))?
    .claims;
    if claims.expires_at() <= now { Err(AppError::Session(SessionProblem::Expired)) } else { Ok(claims) }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::PasswordHash;

    pub(super) fn standing(password: &str) -> Standing {
        Standing { version: 0, origin: PasswordHash::from_stored(password.to_owned()).digest() }
    }

    fn claims(key: &SigningKey) -> Claims {
        Claims::new(&actor("acme"), &standing("hash"), key, OffsetDateTime::UNIX_EPOCH).expect("claims")
    }

    pub(super) fn actor(name: &str) -> Actor {
        let account = Account::Organization(OrganizationId::new());
        let (name, email) = (name.to_owned(), "dana@example.com".to_owned());
        Actor::found_good(account, Role::OrganizationAdmin, name, email)
    }

    #[test]
    fn a_token_has_no_audience_because_the_services_decoder_would_refuse_it() {
        let claims = serde_json::to_value(claims(&SigningKey::random())).expect("JSON");
        assert!(claims.get("aud").is_none());
        for name in ["admin_id", "organization_id", "organization_name", "email", "exp"] {
            assert!(claims.get(name).is_some(), "the service reads {name}");
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let claims = claims(&key);
        let token = sign(&claims, &key).expect("signed");
        assert!(read(&token, &key, now).is_ok());
        assert!(read(&token, &SigningKey::random(), now).is_err());
        // Correctly signed, but its header names another algorithm, or none.
        let content = token.expose_secret().split('.').nth(1).expect("claims");
        for header in ["{\"alg\":\"HS512\"}", "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}"] {
            let message = format!("{}.{content}", base64url(header));
            let signing = EncodingKey::from_secret(key.0.expose_secret());
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signing, ALGORITHM);
            let forged = SecretString::from(format!("{message}.{}", signature.expect("signed")));
            assert_eq!(read(&forged, &key, now).is_ok(), header.contains("HS256"), "{header}");
            let unsigned = SecretString::from(format!("{message}."));
            assert!(read(&unsigned, &key, now).is_err(), "{header}, and no signature");
        }
    }

    pub(super) fn base64url(text: &str) -> String {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_token_ends_with_its_last_second() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let token = sign(&claims(&key), &key).expect("signed");
        assert!(read(&token, &key, now + SESSION_LIFE - std::time::Duration::from_secs(1)).is_ok());
        assert_eq!(
            read(&token, &key, now + SESSION_LIFE).map(|_| ()),
            Err(AppError::Session(SessionProblem::Expired))
        );
    }

    #[test]
    fn a_token_is_good_for_the_version_and_the_password_that_it_was_made_for() {
        let key = SigningKey::random();
        let claims = claims(&key);
        assert_eq!(claims.is_good_for(&standing("hash"), &key), Ok(true));
        assert_eq!(claims.is_good_for(&standing("another"), &key), Ok(false));
        assert_eq!(claims.is_good_for(&Standing { version: 1, ..standing("hash") }, &key), Ok(false));
        let of_service = Claims { ver: None, cred: None, ..claims.clone() };
        assert_eq!(of_service.is_good_for(&Standing { version: 7, ..standing("another") }, &key), Ok(true));
        let digest = standing("hash").origin;
        assert!(!claims.cred.expect("it is there").contains(digest.as_str()), "the digest is keyed");
    }

    #[test]
    fn a_renewed_session_keeps_its_id_and_its_end() {
        let key = SigningKey::random();
        let old = claims(&key);
        let later = OffsetDateTime::UNIX_EPOCH + std::time::Duration::from_secs(60);
        let renewed =
            old.renewed(&actor("acme"), &standing("another"), &key, later).expect("claims").expect("renewed");
        assert_eq!((renewed.session_id(), renewed.exp), (old.session_id(), old.exp));
        assert_eq!(renewed.is_good_for(&standing("another"), &key), Ok(true));
    }
}
