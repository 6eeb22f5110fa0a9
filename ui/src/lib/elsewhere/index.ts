/** What somebody else changed while a person edited, for every dialog that changes something. */
export { Elsewhere, type ElsewhereRow } from "./elsewhere.svelte";
export { default as ElsewhereTable } from "./ElsewhereTable.svelte";
