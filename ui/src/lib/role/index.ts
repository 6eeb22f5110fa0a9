/** The smallest role that allows everything, for every screen that offers it. */
export { default as RoleSteps } from "./RoleSteps.svelte";
