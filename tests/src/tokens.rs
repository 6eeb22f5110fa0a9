//! Tokens as the existing service signs and reads them, written without Tenantry's own code.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};
use tenantry_core::records::Organization;
use time::OffsetDateTime;

/// The key of [`Run`](crate::console::Run)'s default.
pub const TEST_KEY: &str = "a key of the tests";

/// The claims that the service puts into the token of an organization's admin, good for half an hour.
pub fn claims_of_service(organization: &Organization) -> Map<String, Value> {
    let id = organization.id.to_hex();
    let expires_at = OffsetDateTime::now_utc().unix_timestamp() + 30 * 60;
    let claims = json!({
        "admin_id": id,
        "organization_id": id,
        "organization_name": organization.name.as_str(),
        "email": organization.admin_email.as_str(),
        "exp": expires_at,
    });
    claims.as_object().expect("an object").clone()
}

/// A token of the tests' key for an organization's admin, with a role if there is one.
pub fn for_organization(organization: &Organization, role: Option<&str>) -> SecretString {
    let mut claims = claims_of_service(organization);
    if let Some(role) = role {
        claims.insert("role".to_owned(), role.into());
    }
    sign(&claims, TEST_KEY, Algorithm::HS256)
}

/// What a token says that it is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: the service's.
    HS256,
    /// HMAC with SHA-384.
    HS384,
    /// HMAC with SHA-512.
    HS512,
}

/// Signs claims.
///
/// # Panics
/// When that fails.
pub fn sign(claims: &Map<String, Value>, key: &str, algorithm: Algorithm) -> SecretString {
    let header = json!({"typ": "JWT", "alg": format!("{algorithm:?}")}).to_string();
    let content = Value::Object(claims.clone()).to_string();
    SecretString::from(sealed(header.as_bytes(), content.as_bytes(), key.as_bytes(), algorithm))
}

/// Signs any header and any content, whatever the header says.
///
/// # Panics
/// When that fails.
pub fn sealed(header: &[u8], content: &[u8], key: &[u8], algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(content));
    let text = message.as_bytes();
    let signature = match algorithm {
        Algorithm::HS256 => signed(Hmac::<Sha256>::new_from_slice(key).expect("any key will do"), text),
        Algorithm::HS384 => signed(Hmac::<Sha384>::new_from_slice(key).expect("any key will do"), text),
        Algorithm::HS512 => signed(Hmac::<Sha512>::new_from_slice(key).expect("any key will do"), text),
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The key for the tokens of people and operators, which the service does not have.
pub fn own_key() -> Vec<u8> {
    sha_256(TEST_KEY, "tenantry account\0").finalize().into_bytes().to_vec()
}

fn signed(mac: impl Mac, message: &[u8]) -> Vec<u8> {
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// The claims of a token, whoever signed it.
///
/// # Panics
/// When it has none.
pub fn claims_in(token: &SecretString) -> Map<String, Value> {
    let content = token.expose_secret().split('.').nth(1).expect("claims");
    let content = URL_SAFE_NO_PAD.decode(content).expect("base64 without padding");
    serde_json::from_slice(&content).expect("an object")
}

/// Reads a token as the service does: HS256, the signature, `exp`, no audience expected.
///
/// # Panics
/// When the service would refuse it.
pub fn read_as_service(token: &SecretString, key: &str) -> Map<String, Value> {
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64 without padding");
    let json = |text: &str| serde_json::from_slice::<Map<String, Value>>(&part(text)).expect("an object");
    let (message, signature) = token.expose_secret().rsplit_once('.').expect("a signature");
    let (header, claims) = message.split_once('.').expect("a header and claims");
    assert_eq!(json(header)["alg"], "HS256", "the service knows no other algorithm");
    sha_256(key, message).verify_slice(&part(signature)).expect("the signature is good");
    let claims = json(claims);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    assert!(claims["exp"].as_i64().expect("a time") > now, "the service refuses it as expired");
    assert!(!claims.contains_key("aud"), "the service refuses an audience");
    claims
}

fn sha_256(key: &str, message: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key will do").chain_update(message)
}
