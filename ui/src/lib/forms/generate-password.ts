import type { PasswordCheck } from "$lib/api";

export const GENERATED_PASSWORD_LENGTH = 20;

// Without characters that are easily confused when a password is read aloud or copied by hand.
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.+=";
const MOST_ATTEMPTS = 32;

/**
 * A random password that the rules accept. Rust checks them; a refused draw is discarded whole, so every accepted
 * password stays equally likely.
 */
export async function generatePassword(check: (password: string) => Promise<PasswordCheck>): Promise<string> {
  let password = drawPassword();
  for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt += 1) {
    const rules = await check(password);
    if (Object.values(rules).every(Boolean)) return password;
    password = drawPassword();
  }
  return password;
}

function drawPassword(): string {
  let password = "";
  while (password.length < GENERATED_PASSWORD_LENGTH) {
    const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_PASSWORD_LENGTH));
    for (const byte of bytes) {
      // Bytes at or above the last whole multiple would make the first letters more likely.
      if (byte >= 256 - (256 % ALPHABET.length)) continue;
      password += ALPHABET.charAt(byte % ALPHABET.length);
      if (password.length === GENERATED_PASSWORD_LENGTH) break;
    }
  }
  return password;
}
