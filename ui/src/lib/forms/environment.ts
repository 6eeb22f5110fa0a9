import type { Environment } from "$lib/api";
import { useApp } from "$lib/state";

/**
 * The environment whose confirmations apply. Without an open workspace nothing can be changed; a dialog would ask for
 * the most.
 */
export function currentEnvironment(): Environment {
  return useApp().environment ?? "production";
}
