import { Part } from "$lib/parts";

/** The screens that a window opens without, and the dialogs that can stand above any of them. */
export const claimScreen = new Part(() => import("../features/sign-in/ClaimScreen.svelte"));
export const signInScreen = new Part(() => import("../features/sign-in/SignInScreen.svelte"));
export const shell = new Part(() => import("./Shell.svelte"));
export const sessionEndedDialog = new Part(() => import("./SessionEndedDialog.svelte"));
export const sessionEndingDialog = new Part(() => import("./SessionEndingDialog.svelte"));
export const lockCover = new Part(() => import("./LockCover.svelte"));
export const unlockSecretsDialog = new Part(() => import("../lib/secrets/UnlockSecretsDialog.svelte"));
