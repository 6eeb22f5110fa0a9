import type { AccessState } from "../api";

export type AccessSource = {
  accessState: () => Promise<AccessState>;
  unlockWorkspace: (reason: string) => Promise<AccessState>;
  lockWorkspace: () => Promise<AccessState>;
  noteActivity: () => Promise<AccessState>;
};

/** The person is told this long before an unlocked workspace locks because nobody is there. */
const WARNING_MILLISECONDS = 30_000;
/** How often at most the program is told that the person is there. */
const NOTE_MILLISECONDS = 15_000;

/**
 * Whether the workspace may be changed. The program behind the window decides and refuses; this is what the screens
 * show of it, with the countdown of a workspace that was unlocked.
 */
export class WriteAccess {
  view = $state.raw<AccessState>({
    access: "read_write",
    environment: "local",
    decided: null,
    writable: true,
    unlockedUntil: null,
    locksWhenIdleAt: null,
    reason: null,
  });
  readonly #source: AccessSource;
  #now = $state(Date.now());
  #notedAt = 0;
  #reading = false;

  constructor(source: AccessSource, view?: AccessState) {
    this.#source = source;
    if (view) this.view = view;
  }

  /** Milliseconds until it locks itself whatever the person does; null when it is not unlocked for a time. */
  readonly remaining = $derived(left(this.view.unlockedUntil, this.#now));

  /** Milliseconds until it locks itself because nobody is there. */
  readonly idleRemaining = $derived(left(this.view.locksWhenIdleAt, this.#now));

  /** Whether acts are permitted now. A countdown that ran out counts at once, before the program says so. */
  readonly writable = $derived(this.view.writable && this.remaining !== 0 && this.idleRemaining !== 0);

  /** It was unlocked for a time that runs. */
  readonly unlocked = $derived(this.writable && this.remaining !== null);

  /** It can be unlocked, and is not. */
  readonly locked = $derived(this.view.access === "locked" && !this.writable);

  /** It locks soon unless the person does something. */
  readonly warning = $derived(
    this.unlocked &&
      this.idleRemaining !== null &&
      this.idleRemaining <= WARNING_MILLISECONDS &&
      this.idleRemaining < (this.remaining ?? 0),
  );

  tick(now: number): void {
    this.#now = now;
    if (this.view.writable && (this.remaining === 0 || this.idleRemaining === 0)) void this.read();
  }

  /** Asks the program, for example after it refused an act because the workspace is locked. */
  async read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.take(await this.#source.accessState());
    } catch {
      // What is shown stays; the program refuses what is not permitted in any case.
    } finally {
      this.#reading = false;
    }
  }

  take(view: AccessState): void {
    this.view = view;
    this.#now = Date.now();
  }

  async unlock(reason: string): Promise<void> {
    this.take(await this.#source.unlockWorkspace(reason));
    this.#notedAt = this.#now;
  }

  async lock(): Promise<void> {
    this.take(await this.#source.lockWorkspace());
  }

  /** The person moved the pointer or pressed a key. */
  noteActivity = (): void => {
    const now = Date.now();
    if (!this.unlocked || now - this.#notedAt < NOTE_MILLISECONDS) return;
    this.#notedAt = now;
    this.#source.noteActivity().then(
      (view) => this.take(view),
      () => undefined,
    );
  };
}

function left(until: string | null, now: number): number | null {
  return until === null ? null : Math.max(0, Date.parse(until) - now);
}
