export { AppState, appContextKey, provideApp, useApp, type Page, type Screen } from "./app.svelte";
export { SecretsState } from "./secrets.svelte";
export { SessionState } from "./session.svelte";
export { ShortcutState, type ShortcutKey } from "./shortcuts.svelte";
export { ThemeState, type ThemeChoice } from "./theme.svelte";
export { ToastState } from "./toasts.svelte";
export { WorkspaceState } from "./workspace.svelte";
