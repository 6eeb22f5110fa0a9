/** Whether a key reloads the page: Ctrl or Cmd with R. */
export function isRefresh({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return key.toLowerCase() === "r" && (ctrlKey || metaKey) && !shiftKey;
}
