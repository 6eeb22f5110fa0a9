/** A dialog is a draft and fields; everything else of it is here. */
export { CheckedField } from "./checked-field.svelte";
export { default as CopyPassword } from "./CopyPassword.svelte";
export { default as DialogFrame } from "./DialogFrame.svelte";
export { currentEnvironment } from "./environment";
export { default as FailureNote } from "./FailureNote.svelte";
export { Latest } from "./latest.svelte";
export { PasswordDraft } from "./password-draft.svelte";
export { default as PasswordField } from "./PasswordField.svelte";
export { PlainField } from "./plain-field.svelte";
export { Submission } from "./submission.svelte";
export { TypedConfirmation } from "./typed-confirmation.svelte";
export { default as TypedConfirmationField } from "./TypedConfirmationField.svelte";
