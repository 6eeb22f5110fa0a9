/** The export of a list is a draft of its choices and a call that writes; everything else of its dialog is here. */
export { default as ExportFrame } from "./ExportFrame.svelte";
export { default as ExportColumns } from "./ExportColumns.svelte";
export { default as ExportRows } from "./ExportRows.svelte";
export { ListDraft, type RowChoice, type RowCount } from "./list-draft.svelte";
export { ExportRun, type Writing } from "./export-run.svelte";
export { FileDraft, type FileChooser } from "./file-draft.svelte";
