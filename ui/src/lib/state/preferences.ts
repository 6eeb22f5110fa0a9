/**
 * What a person set for this window, kept by the web view. A value that cannot be read or kept is not worth
 * an error: the default holds.
 */
export function readPreference<Value extends string>(
  key: string,
  allowed: readonly Value[],
  fallback: Value,
): Value {
  try {
    const stored = localStorage.getItem(`tenantry.${key}`);
    return allowed.find((value) => value === stored) ?? fallback;
  } catch {
    return fallback;
  }
}

export function writePreference(key: string, value: string): void {
  try {
    localStorage.setItem(`tenantry.${key}`, value);
  } catch {
    // The setting then lasts as long as the window.
  }
}
