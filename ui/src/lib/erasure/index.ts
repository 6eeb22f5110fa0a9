/** What proves that an organization was deleted for good. */
export { default as ErasureCertificate } from "./ErasureCertificate.svelte";
