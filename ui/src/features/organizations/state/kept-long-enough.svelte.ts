import type { OrganizationView } from "$lib/api";

/** The organizations in the trash that were kept for as long as the workspace's settings say, the longest first. */
export class KeptLongEnough {
  #all = $state.raw<readonly OrganizationView[]>([]);
  #question = 0;
  readonly #list: () => Promise<OrganizationView[]>;

  constructor(list: () => Promise<OrganizationView[]>) {
    this.#list = list;
  }

  get all(): readonly OrganizationView[] {
    return this.#all;
  }

  get first(): OrganizationView | null {
    return this.#all[0] ?? null;
  }

  /** Reads them again. Without an answer nothing is offered: the list itself says what failed. */
  async look(): Promise<void> {
    const question = ++this.#question;
    const all = await this.#list().catch(() => []);
    if (question === this.#question) this.#all = all;
  }

  /** It is not in the trash any more. */
  left(id: string): void {
    this.#question += 1;
    this.#all = this.#all.filter((one) => one.id !== id);
  }
}
