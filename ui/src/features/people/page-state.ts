import { explain } from "$lib/api";
import type { AppState, OpenedWorkspace } from "$lib/state";
import { operatorsOf, peopleOf, type Directory } from "./directory";
import { PeopleState, type PeopleHost } from "./state/people-state.svelte";

/** What the acts on operators and people need of the window. */
export const hostOf = (app: AppState, opened: OpenedWorkspace): PeopleHost => ({
  session: () => opened.session.view,
  environment: () => opened.workspace.environment,
  writable: () => opened.access.writable,
  announce: ({ kind, title, ...options }) => {
    // News of another workspace than the one on screen would seem to be of this one.
    const elsewhere = app.opened === opened ? null : opened.workspace.name;
    const text = [elsewhere, options.text].filter(Boolean).join(": ");
    app.toasts[kind](title, { ...options, text });
  },
  describe: (problem) => explain(problem).text,
});

const keep = (app: AppState, opened: OpenedWorkspace, name: string, directory: () => Directory) =>
  opened.keep(name, () => new PeopleState(directory(), hostOf(app, opened)));

export const operatorsState = (app: AppState, opened: OpenedWorkspace) =>
  keep(app, opened, "operators", () => operatorsOf(opened.api));

export const peopleState = (app: AppState, opened: OpenedWorkspace) =>
  keep(app, opened, "people", () => peopleOf(opened.api, opened.session.view?.organizationId ?? null));
