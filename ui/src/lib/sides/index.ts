/** Two or more sides of one thing beside each other, with what differs. */
export { differenceOf } from "./difference";
export { default as SidesTable, type SidesRow } from "./SidesTable.svelte";
