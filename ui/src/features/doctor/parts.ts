import { Part } from "$lib/parts";

/** The dialogs: a result is on screen before anybody opens one. */
export const dialogHost = new Part(() => import("./DialogHost.svelte"));
