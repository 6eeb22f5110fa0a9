import { Part } from "../parts";

/** The forms of the section: a window opens without them. */
export const chooseKeeper = new Part(() => import("./ChooseKeeper.svelte"));
export const changePassphrase = new Part(() => import("./ChangePassphrase.svelte"));
