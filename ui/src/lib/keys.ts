/** Whether a key asks to read again what the page shows: Ctrl or Cmd with R. */
export function isRefresh({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "r" && (ctrlKey || metaKey) && !shiftKey;
}
