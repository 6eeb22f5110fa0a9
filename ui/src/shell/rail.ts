import { MediaQuery } from "svelte/reactivity";

/** Whether the window is so narrow that only icons stay of the sidebar; the width stands in its styles as well. */
export const railQuery = () => new MediaQuery("(max-width: 799px)");
