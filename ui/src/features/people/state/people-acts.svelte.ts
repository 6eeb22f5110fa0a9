import { SvelteSet } from "svelte/reactivity";
import type { Environment, SomebodyView } from "$lib/api";
import type { ToastMessage } from "$lib/components";
import { m } from "$lib/messages";
import type { Directory, OrganizationChoice, Target } from "../directory";
import { needsPassword, type SomebodyAct } from "./somebody-acts";

export type Announcement = Pick<ToastMessage, "kind" | "title" | "text" | "action">;

/** The dialog over the page. */
export type OpenDialog =
  | { kind: "add"; organization: OrganizationChoice | null; somebody: SomebodyView | null }
  | { kind: "role" | "password" | "deactivate" | "remove"; target: Target }
  | { kind: "renew"; somebodies: SomebodyView[] };

export type ActHost = {
  environment: () => Environment;
  announce: (announcement: Announcement) => void;
  describe: (problem: unknown) => string;
  /** Somebody was added or changed: what shows them reads again. */
  changed: () => void;
};

/** From the wish to the result: through a dialog, or at once with Undo where that is safe. */
export class PeopleActs {
  dialog = $state.raw<OpenDialog | null>(null);
  #settled = $state(0);
  readonly #busy = new SvelteSet<string>();
  readonly directory: Directory;
  readonly #host: ActHost;

  constructor(directory: Directory, host: ActHost) {
    this.directory = directory;
    this.#host = host;
  }

  /** The number of acts that have ended, done or refused: the button that was pressed for one may be gone after it. */
  get settled(): number {
    return this.#settled;
  }

  isBusy(id: string): boolean {
    return this.#busy.has(id);
  }

  /** Asks for somebody new. */
  add(organization: OrganizationChoice | null): void {
    this.dialog = { kind: "add", organization, somebody: null };
  }

  /** Asks before those of them get new passwords who need one. */
  renew(somebodies: SomebodyView[]): void {
    const needy = somebodies.filter(needsPassword);
    if (needy.length > 0) this.dialog = { kind: "renew", somebodies: needy };
  }

  start(act: SomebodyAct, target: Target): void {
    if (this.isBusy(target.somebody.id)) return;
    switch (act) {
      case "add_to":
        this.dialog = { kind: "add", organization: null, somebody: target.somebody };
        return;
      case "reactivate":
        void this.#atOnce(act, target);
        return;
      case "deactivate":
        if (this.#asks()) this.dialog = { kind: act, target };
        else void this.#atOnce(act, target);
        return;
      case "role":
      case "password":
      case "remove":
        this.dialog = { kind: act, target };
    }
  }

  /** Leaves the dialog; `done` is what it has done. */
  close(done: Announcement | null = null): void {
    this.dialog = null;
    this.#settled += 1;
    if (done === null) return;
    this.#host.announce(done);
    this.#host.changed();
  }

  /** Leaves a dialog that has done what it says itself. */
  closeDone(): void {
    this.dialog = null;
    this.#settled += 1;
    this.#host.changed();
  }

  async #atOnce(act: "deactivate" | "reactivate", target: Target, undoing = false): Promise<void> {
    const { somebody } = target;
    const { name } = somebody;
    this.#busy.add(somebody.id);
    try {
      await this.directory[act](target);
      const back = act === "deactivate" ? "reactivate" : "deactivate";
      const title =
        act === "deactivate" ? m.people_done_deactivate({ name }) : m.people_done_reactivate({ name });
      const undo = { label: m.common_undo(), run: () => void this.#atOnce(back, target, true) };
      this.#host.announce(
        undoing ? { kind: "success", title: m.lists_undone() } : { kind: "info", title, action: undo },
      );
    } catch (problem) {
      const title =
        act === "deactivate" ? m.people_failed_deactivate({ name }) : m.people_failed_reactivate({ name });
      this.#host.announce({ kind: "danger", title, text: this.#host.describe(problem) });
    } finally {
      this.#busy.delete(somebody.id);
      this.#settled += 1;
      this.#host.changed();
    }
  }

  #asks(): boolean {
    const environment = this.#host.environment();
    return environment === "staging" || environment === "production";
  }
}
