import { Part } from "$lib/parts";

/** The dialogs: a list is on screen before anybody opens one. */
export const dialogHost = new Part(() => import("./DialogHost.svelte"));
export const exportDialog = new Part(() => import("./ExportPeopleDialog.svelte"));
