import type { PasswordCheck } from "$lib/api";

export const GENERATED_PASSWORD_LENGTH = 20;

// Without characters that are mistaken for each other when a password is read aloud or copied by hand.
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.+=";
const MOST_ATTEMPTS = 32;

/**
 * A random password that the rules accept. Whether they do is asked, not known here: a draw that is
 * refused is thrown away whole, so every accepted password stays equally likely.
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
      // Bytes at or over the last whole multiple would make the first letters likelier than the rest.
      if (byte >= 256 - (256 % ALPHABET.length)) continue;
      password += ALPHABET.charAt(byte % ALPHABET.length);
      if (password.length === GENERATED_PASSWORD_LENGTH) break;
    }
  }
  return password;
}
