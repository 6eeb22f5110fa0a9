import type { Environment } from "$lib/api";
import { useApp } from "$lib/state";

/**
 * The environment whose rules of confirmation hold. Without an open workspace nothing can be changed; should
 * a dialog be up all the same, it asks for the most.
 */
export function currentEnvironment(): Environment {
  return useApp().environment ?? "production";
}
