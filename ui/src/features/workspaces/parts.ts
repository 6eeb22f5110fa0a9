import { Part } from "$lib/parts";

/** What is shown of a connection, and the dialogs: the built-in workspace opens without them. */
export const connectionEditor = new Part(() => import("./editor/ConnectionEditor.svelte"));
export const testPanel = new Part(() => import("./test/TestPanel.svelte"));
export const askPasswordDialog = new Part(() => import("./AskPasswordDialog.svelte"));
export const importDialog = new Part(() => import("./transfer/ImportDialog.svelte"));
export const exportProfilesDialog = new Part(() => import("./transfer/ExportProfilesDialog.svelte"));
export const secretsDialog = new Part(() => import("./SecretsDialog.svelte"));
