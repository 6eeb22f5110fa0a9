/** Backing up, and jobs of that size, for every dialog that offers them; the dialogs of bundles are a feature. */
export { BackUp, type BackUpCalls } from "./back-up.svelte";
export { default as BundleFolder } from "./BundleFolder.svelte";
export { default as BundleProgress } from "./BundleProgress.svelte";
export { default as JobDialog } from "./JobDialog.svelte";
export type { BundleAct, BundleWish } from "./wish";
