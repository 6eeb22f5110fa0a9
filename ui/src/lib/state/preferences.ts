/**
 * A setting of this window, stored by the web view. A value that cannot be read or stored is not worth an error: the
 * default applies.
 */
export function readPreference<Value extends string>(
  key: string,
  allowed: readonly Value[],
  fallback: Value,
): Value {
  return allowed.find((value) => value === readPreferenceText(key)) ?? fallback;
}

/** Null if nothing was set. */
export function readPreferenceText(key: string): string | null {
  try {
    return localStorage.getItem(`tenantry.${key}`);
  } catch {
    return null;
  }
}

export function writePreference(key: string, value: string): void {
  try {
    localStorage.setItem(`tenantry.${key}`, value);
  } catch {
    // The setting then lasts as long as the window.
  }
}
