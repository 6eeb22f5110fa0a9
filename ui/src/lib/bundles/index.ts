/** Backing up, for every dialog that offers it; the dialogs of bundles themselves are a feature. */
export { BackUp, type BackUpCalls } from "./back-up.svelte";
export { default as BundleFolder } from "./BundleFolder.svelte";
export { default as BundleProgress } from "./BundleProgress.svelte";
export type { BundleAct, BundleWish } from "./wish";
