//! Tokens as the existing service signs and reads them, written without Tenantry's own code.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tenantry_core::organizations::Organization;
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

/// Signs claims.
///
/// # Panics
/// When that fails.
pub fn sign(claims: &Map<String, Value>, key: &str, algorithm: Algorithm) -> SecretString {
    let key = EncodingKey::from_secret(key.as_bytes());
    SecretString::from(jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("signed"))
}

/// Reads a token as the service does: HS256, the signature, `exp`, no audience expected.
///
/// # Panics
/// When the service would refuse it.
pub fn read_as_service(token: &SecretString, key: &str) -> Map<String, Value> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp"]);
    let key = DecodingKey::from_secret(key.as_bytes());
    jsonwebtoken::decode(token.expose_secret(), &key, &validation).expect("the service accepts it").claims
}
