//! Signed tokens (JWT, RFC 7519) that the service can read: its claims plus ours, never `aud`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;
use sha2::Sha256;
use time::OffsetDateTime;

use super::claims::{Claims, ISSUER, Object, Origin, Told};
use super::hs256;
use super::refusal::Refusal;
use crate::error::AppError;
use crate::limits::TOKEN_BYTES_MAX;
use crate::rights::{Account, Actor};
use crate::values::{HashDigest, OperatorId, OrganizationId};

/// The one algorithm: a token that names another is refused (RFC 8725, 3.1).
const ALGORITHM: Algorithm = Algorithm::HS256;
/// Separates the digests of passwords from the signatures, which use the same key.
const CREDENTIAL_LABEL: &[u8] = b"tenantry credential\0";
/// Makes the key for accounts that the service does not know.
const UNKNOWN_LABEL: &[u8] = b"tenantry account\0";

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

    /// A keyed digest of the password that a hash was set with, as in the tokens that were issued for it.
    pub(crate) fn credential(&self, origin: &HashDigest) -> Result<String, AppError> {
        Ok(hex::encode(self.labelled(CREDENTIAL_LABEL, origin.as_str().as_bytes())?))
    }

    /// The key for the tokens of an account. Those of people and operators have one of their own: the service would
    /// take the token of an organization's viewer for its admin's.
    fn of_account(&self, account: Account) -> Result<Self, AppError> {
        match account {
            Account::Organization(_) => Ok(self.clone()),
            Account::Operator(_) | Account::Person(_, _) => {
                Ok(Self(SecretSlice::from(self.labelled(UNKNOWN_LABEL, &[])?)))
            }
        }
    }

    fn labelled(&self, label: &[u8], content: &[u8]) -> Result<Vec<u8>, AppError> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret());
        let mac = mac.map_err(|error| AppError::Unexpected { detail: format!("signing: {error}") })?;
        Ok(mac.chain_update(label).chain_update(content).finalize().into_bytes().to_vec())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
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

impl Standing {
    /// Why a token is no session of the account as it is now.
    pub(super) fn judge(&self, told: &Told, key: &SigningKey) -> Result<Option<Refusal>, AppError> {
        let refusal = match &told.origin {
            Origin::Session { version, credential, .. } => {
                if *version != self.version {
                    Some(Refusal::Version)
                } else if *credential != key.credential(&self.origin)? {
                    Some(Refusal::Password)
                } else {
                    None
                }
            }
            // It says neither version nor password: see `Told::predates`.
            Origin::Service => None,
        };
        Ok(refusal)
    }

    /// Whether exactly one change has ended sessions since: the caller's own.
    pub(super) fn follows(&self, told: &Told) -> bool {
        match &told.origin {
            Origin::Session { version, .. } => version.checked_add(1) == Some(self.version),
            Origin::Service => false,
        }
    }
}

/// The id of a new session.
pub(super) fn new_session_id() -> String {
    let mut id = [0u8; 16];
    rand::rng().fill_bytes(&mut id);
    hex::encode(id)
}

/// The claims of a session for the account as it is now.
pub(super) fn claims(
    actor: &Actor,
    standing: &Standing,
    key: &SigningKey,
    session_id: String,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<Claims, AppError> {
    let (id, organization_id, organization_name) = match actor.account() {
        Account::Operator(id) => (id.to_hex(), None, None),
        Account::Organization(id) => (id.to_hex(), Some(id.to_hex()), Some(actor.name().to_owned())),
        Account::Person(id, organization) => (id.to_hex(), Some(organization.to_hex()), None),
    };
    Ok(Claims {
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
        nbf: None,
    })
}

pub(super) fn sign(claims: &Claims, account: Account, key: &SigningKey) -> Result<SecretString, AppError> {
    hs256::install();
    let key = EncodingKey::from_secret(key.of_account(account)?.0.expose_secret());
    jsonwebtoken::encode(&Header::new(ALGORITHM), claims, &key)
        .map(SecretString::from)
        .map_err(|error| AppError::Unexpected { detail: format!("signing: {error}") })
}

/// Reads a token: its form, its header, its signature, and only then its claims.
///
/// # Errors
/// Why it is no session.
pub(super) fn read(token: &SecretString, key: &SigningKey, now: OffsetDateTime) -> Result<Told, Refusal> {
    let token = token.expose_secret();
    // Measured before anything is decoded: the header is parsed before the signature is checked.
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::NotAToken)?;
    let (header, content) = message.split_once('.').ok_or(Refusal::NotAToken)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::NotAToken);
    let (header, content) = (decoded(header)?, decoded(content)?);
    decoded(signature)?;
    check_header(&header)?;
    hs256::install();
    let is_signed_for = |account: Account| {
        let key = key.of_account(account).map_err(|_| Refusal::Signature)?;
        let verifying = DecodingKey::from_secret(key.0.expose_secret());
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &verifying, ALGORITHM) {
            Ok(is_good) => Ok(is_good),
            Err(_) => Err(Refusal::Signature),
        }
    };
    // By either key before anything of the content is read, and by the account's once it is known.
    if !is_signed_for(Account::Organization(OrganizationId::new()))?
        && !is_signed_for(Account::Operator(OperatorId::FOUNDER))?
    {
        return Err(Refusal::Signature);
    }
    let Object(claims) = Object::parse(&content)?;
    if claims.contains_key("aud") {
        return Err(Refusal::Audience);
    }
    let claims: Claims = serde_json::from_value(Value::from_iter(claims)).map_err(|_| Refusal::Claims)?;
    let told = claims.told(now)?;
    if is_signed_for(told.account)? { Ok(told) } else { Err(Refusal::Signature) }
}

/// Refuses every header but the one that we and the service write: others name keys, or extensions that must be
/// understood (RFC 7515, 4.1).
fn check_header(header: &[u8]) -> Result<(), Refusal> {
    let Object(header) = Object::parse(header).map_err(|_| Refusal::Header)?;
    match header.get("alg").and_then(Value::as_str) {
        Some("HS256") => {}
        Some(_) => return Err(Refusal::Algorithm),
        None => return Err(Refusal::Header),
    }
    let is_plain = header.iter().all(|(name, value)| match name.as_str() {
        "alg" => true,
        "typ" => value.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("JWT")),
        _ => false,
    });
    if is_plain { Ok(()) } else { Err(Refusal::Header) }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::Role;
    use crate::values::{PasswordHash, PersonId};

    pub(super) const HALF_AN_HOUR: std::time::Duration = std::time::Duration::from_secs(30 * 60);

    pub(super) fn standing(password: &str) -> Standing {
        Standing { version: 0, origin: PasswordHash::from_stored(password.to_owned()).digest() }
    }

    /// The claims of a session of half an hour.
    pub(super) fn claims_of(actor: &Actor, key: &SigningKey) -> Claims {
        let now = OffsetDateTime::UNIX_EPOCH;
        claims(actor, &standing("hash"), key, new_session_id(), now, now + HALF_AN_HOUR).expect("claims")
    }

    pub(super) fn signed_for(actor: &Actor, key: &SigningKey) -> SecretString {
        sign(&claims_of(actor, key), actor.account(), key).expect("signed")
    }

    #[test]
    fn the_service_can_take_the_token_of_nobody_it_does_not_know_for_its_admins() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let acme = OrganizationId::new();
        let found = |account, role| {
            Actor::found_good(account, role, "Dana".to_owned(), "dana@example.com".to_owned())
        };
        let admin = found(Account::Organization(acme), Role::OrganizationAdmin);
        let person = Account::Person(PersonId::new(), acme);
        for (actor, is_known) in [
            (admin, true),
            (found(person, Role::Viewer), false),
            (found(person, Role::OrganizationAdmin), false),
            (found(Account::Operator(OperatorId::FOUNDER), Role::Owner), false),
        ] {
            let token = signed_for(&actor, &key);
            assert_eq!(read(&token, &key, now).map(|told| told.account), Ok(actor.account()));
            let (message, signature) = token.expose_secret().rsplit_once('.').expect("a signature");
            let services = DecodingKey::from_secret(key.0.expose_secret());
            let verified = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &services, ALGORITHM);
            assert_eq!(verified, Ok(is_known), "{:?}", actor.role());
            // The same claims, signed with the key of the others.
            let of_other = if is_known { person } else { Account::Organization(acme) };
            let forged = sign(&claims_of(&actor, &key), of_other, &key).expect("signed");
            assert_eq!(read(&forged, &key, now).err(), Some(Refusal::Signature), "{:?}", actor.role());
        }
    }

    pub(super) fn actor(name: &str) -> Actor {
        let account = Account::Organization(OrganizationId::new());
        let (name, email) = (name.to_owned(), "dana@example.com".to_owned());
        Actor::found_good(account, Role::OrganizationAdmin, name, email)
    }

    #[test]
    fn a_token_has_no_audience_because_the_services_decoder_would_refuse_it() {
        let claims = serde_json::to_value(claims_of(&actor("acme"), &SigningKey::random())).expect("JSON");
        assert!(claims.get("aud").is_none() && claims.get("nbf").is_none());
        for name in ["admin_id", "organization_id", "organization_name", "email", "exp"] {
            assert!(claims.get(name).is_some(), "the service reads {name}");
        }
    }

    #[test]
    fn a_token_of_another_key_or_algorithm_is_refused() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let token = signed_for(&actor("acme"), &key);
        assert!(read(&token, &key, now).is_ok());
        assert_eq!(read(&token, &SigningKey::random(), now).err(), Some(Refusal::Signature));
        // Correctly signed, but its header names another algorithm, or none.
        let content = token.expose_secret().split('.').nth(1).expect("claims");
        for (header, refusal) in [
            ("{\"alg\":\"HS512\"}", Some(Refusal::Algorithm)),
            ("{\"alg\":\"none\"}", Some(Refusal::Algorithm)),
            ("{\"typ\":\"JWT\"}", Some(Refusal::Header)),
            ("{\"alg\":\"HS256\"}", None),
        ] {
            let message = format!("{}.{content}", base64url(header));
            let signing = EncodingKey::from_secret(key.0.expose_secret());
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signing, ALGORITHM);
            let forged = SecretString::from(format!("{message}.{}", signature.expect("signed")));
            assert_eq!(read(&forged, &key, now).err(), refusal, "{header}");
            let unsigned = SecretString::from(format!("{message}."));
            assert!(read(&unsigned, &key, now).is_err(), "{header}, and no signature");
        }
    }

    pub(super) fn base64url(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_token_ends_with_its_last_second() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let token = signed_for(&actor("acme"), &key);
        assert!(read(&token, &key, now + HALF_AN_HOUR - std::time::Duration::from_secs(1)).is_ok());
        assert_eq!(read(&token, &key, now + HALF_AN_HOUR).err(), Some(Refusal::Expired));
    }

    #[test]
    fn a_token_is_good_for_the_version_and_the_password_that_it_was_made_for() {
        let (key, now) = (SigningKey::random(), OffsetDateTime::UNIX_EPOCH);
        let claims = claims_of(&actor("acme"), &key);
        let digest = standing("hash").origin;
        assert!(!claims.cred.as_ref().expect("it is there").contains(digest.as_str()), "the digest is keyed");
        let told = claims.told(now).expect("a session");
        assert_eq!(standing("hash").judge(&told, &key), Ok(None));
        assert_eq!(standing("another").judge(&told, &key), Ok(Some(Refusal::Password)));
        let raised = Standing { version: 1, ..standing("hash") };
        assert_eq!(raised.judge(&told, &key), Ok(Some(Refusal::Version)));
        assert!(raised.follows(&told) && !standing("hash").follows(&told));
        let of_service = Told { origin: Origin::Service, ..told };
        assert_eq!(Standing { version: 7, ..standing("another") }.judge(&of_service, &key), Ok(None));
    }
}
