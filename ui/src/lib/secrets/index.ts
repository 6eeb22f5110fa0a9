/** Where secrets are stored, for every screen that shows or changes it. */
export { default as CurrentPassphrase } from "./CurrentPassphrase.svelte";
export { NewPassphrase } from "./new-passphrase.svelte";
export { default as PassphraseFields } from "./PassphraseFields.svelte";
export { keeperWords, type KeeperWords } from "./words";
