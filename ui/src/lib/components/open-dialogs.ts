/** The dialogs that are open, the topmost last: only that one holds the focus. */
export const openDialogs: HTMLElement[] = [];
