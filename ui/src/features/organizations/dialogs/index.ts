/**
 * The dialogs of the organizations page. A rendered dialog is on screen: it calls `onclose` or `ondone` once, and the
 * page then removes it.
 */
export { default as AdminDialog } from "./AdminDialog.svelte";
export { default as CreateDialog } from "./CreateDialog.svelte";
export { default as DeactivateDialog } from "./DeactivateDialog.svelte";
export { default as DeleteForeverDialog } from "./DeleteForeverDialog.svelte";
export { default as ErasedDialog } from "./ErasedDialog.svelte";
export type { ErasureReport } from "./logic/erasing.svelte";
export { default as RenameDialog } from "./RenameDialog.svelte";
export { default as RestoreDialog } from "./RestoreDialog.svelte";
export { default as TrashDialog } from "./TrashDialog.svelte";
