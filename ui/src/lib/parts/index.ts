/** Parts of the window that are loaded later than the start screen. */
export { default as Later } from "./Later.svelte";
export { loadParts, Part } from "./part.svelte";
