export {
  AppState,
  appContextKey,
  provideApp,
  useApp,
  useOpened,
  type Question,
  type Screen,
  type WorkspacesWish,
} from "./app.svelte";
export { LineState } from "./line.svelte";
export { OpenedWorkspace } from "./opened-workspace.svelte";
export { readPreference, readPreferenceText, writePreference } from "./preferences";
export { RetryClock } from "./retry-clock.svelte";
export { SecretsState } from "./secrets.svelte";
export { SessionState } from "./session.svelte";
export { ShortcutState, type ShortcutKey } from "./shortcuts.svelte";
export { SignInFlow } from "./sign-in.svelte";
export { ThemeState, type ThemeChoice } from "./theme.svelte";
export { ToastState } from "./toasts.svelte";
export { WriteAccess } from "./write-access.svelte";
