import { MediaQuery } from "svelte/reactivity";

/** Whether the window is so narrow that the sidebar shows only icons; the styles have the same width. */
export const railQuery = () => new MediaQuery("(max-width: 799px)");
