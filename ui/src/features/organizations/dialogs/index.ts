/**
 * The questions of the organizations page. A dialog is on screen while it is rendered: it calls `onclose` or
 * `ondone` once, whichever comes first, and the page then takes it away.
 */
export { default as AdminDialog } from "./AdminDialog.svelte";
export { default as CreateDialog } from "./CreateDialog.svelte";
export { default as DeactivateDialog } from "./DeactivateDialog.svelte";
export { default as DeleteForeverDialog } from "./DeleteForeverDialog.svelte";
export { default as RenameDialog } from "./RenameDialog.svelte";
export { default as RestoreDialog } from "./RestoreDialog.svelte";
export { default as TrashDialog } from "./TrashDialog.svelte";
