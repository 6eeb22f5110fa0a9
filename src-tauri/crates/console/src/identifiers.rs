//! Random names for things that only Tenantry names.

use rand::RngCore;

/// 128 random bits as 32 hex digits: unguessable and unique.
pub fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
