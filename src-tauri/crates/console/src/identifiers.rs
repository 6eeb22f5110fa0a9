//! Random names for things that only this program names.

use rand::RngCore;

/// 128 random bits as 32 hex digits: nobody guesses one, and no two are the same.
pub fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
