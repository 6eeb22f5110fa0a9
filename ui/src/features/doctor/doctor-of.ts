import type { OpenedWorkspace } from "$lib/state";
import { Doctor } from "./state/doctor.svelte";

/** The one doctor of an open workspace: its page, the number beside the page's name, and whoever asks about a row. */
export const doctorOf = (opened: OpenedWorkspace): Doctor =>
  opened.keep("doctor", () => new Doctor(opened.api));
