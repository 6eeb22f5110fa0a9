/** The code that lets an owner in without the password: shown once, to be copied, saved or printed. */
export { default as RecoveryCode } from "./RecoveryCode.svelte";
