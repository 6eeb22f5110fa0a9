/** A dialog is a draft and fields; everything else of it is here. */
export { CheckedField, type FieldOptions } from "./checked-field.svelte";
export { default as CopyPassword } from "./CopyPassword.svelte";
export { default as DialogFrame } from "./DialogFrame.svelte";
export { Draft, type DraftField } from "./draft.svelte";
export { currentEnvironment } from "./environment";
export { default as FailureNote } from "./FailureNote.svelte";
export { Latest } from "./latest.svelte";
export { default as LockedNote } from "./LockedNote.svelte";
export { PasswordDraft } from "./password-draft.svelte";
export { default as PasswordField } from "./PasswordField.svelte";
export { default as PasswordRules } from "./PasswordRules.svelte";
export { RepeatField } from "./repeat-field.svelte";
export { default as SecretField } from "./SecretField.svelte";
export { default as TextField } from "./TextField.svelte";
export { TypedConfirmation } from "./typed-confirmation.svelte";
export { default as TypedConfirmationField } from "./TypedConfirmationField.svelte";
