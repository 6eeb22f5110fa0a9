import { Part } from "$lib/parts";

/** The dialogs of an open workspace. */
export const exportDialog = new Part(() => import("../features/exports/ExportDialog.svelte"));
export const attentionDialog = new Part(() => import("../features/attention/AttentionDialog.svelte"));
export const ownAccountDialog = new Part(() => import("../features/own-account/OwnAccountDialog.svelte"));
export const permitsDialog = new Part(() => import("./PermitsDialog.svelte"));
export const roleDialog = new Part(() => import("./RoleDialog.svelte"));
export const unlockDialog = new Part(() => import("./UnlockDialog.svelte"));
/** Also tells, as soon as somebody is signed in, of a move that stopped half-way. */
export const bundles = new Part(() => import("../features/bundles/BundleHost.svelte"));
