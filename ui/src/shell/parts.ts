import { Part } from "$lib/parts";

/** The screens and dialogs that a window opens without. */
export const claimScreen = new Part(() => import("../features/sign-in/ClaimScreen.svelte"));
export const signInScreen = new Part(() => import("../features/sign-in/SignInScreen.svelte"));
export const shell = new Part(() => import("./Shell.svelte"));
export const sessionEndedDialog = new Part(() => import("./SessionEndedDialog.svelte"));
export const unlockSecretsDialog = new Part(() => import("../lib/secrets/UnlockSecretsDialog.svelte"));
export const exportDialog = new Part(() => import("../features/exports/ExportDialog.svelte"));
export const attentionDialog = new Part(() => import("../features/attention/AttentionDialog.svelte"));
export const permitsDialog = new Part(() => import("./PermitsDialog.svelte"));
export const roleDialog = new Part(() => import("./RoleDialog.svelte"));
export const unlockDialog = new Part(() => import("./UnlockDialog.svelte"));
