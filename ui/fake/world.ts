import type { Channel } from "@tauri-apps/api/core";
import type {
  Access,
  AccountChoiceView,
  Act,
  ComparedPair,
  DoctorFinding,
  EntryView,
  JobProgress,
  MovedToView,
  OrganizationView,
  Restriction,
  SecretKeeper,
  SecretKeeping,
  SessionView,
  SomebodyView,
  UnfinishedMoveView,
  UnsettledAct,
  ConsoleError,
  WorkspaceSummary,
} from "../src/lib/bindings";
import { madeUpEntries } from "./entries";
import { madeUpOrganizations, madeUpWorkspaces } from "./data";
import { madeUpOperators, madeUpPeople } from "./people";
import rights from "./recorded/rights.json?raw";

export const FAKE_PASSWORD = "Meridian-2026";
export const FAKE_PASSPHRASE = "correct horse battery";

/** What each role may do, as the program says. */
const MAY = JSON.parse(rights) as Record<SessionView["role"], Act[]>;

export interface FakeOptions {
  /** Milliseconds each answer takes. */
  delay?: number;
  organizations?: OrganizationView[];
  workspaces?: WorkspaceSummary[];
  /** Whether workspaces have an operator already. */
  claimed?: boolean;
  role?: SessionView["role"];
  /** The accounts that an address has to choose from. */
  accounts?: AccountChoiceView[];
  /** Whether the first password is a one-time one. */
  mustChange?: boolean;
  operators?: SomebodyView[];
  people?: SomebodyView[];
  /** Where secrets are kept; a sealed file starts locked. */
  keeper?: SecretKeeper;
  /** How long a session lasts. */
  sessionSeconds?: number;
  /** Start with this workspace open, and with somebody signed in. */
  opened?: string;
  /** These are open as well, behind it. */
  alsoOpened?: string[];
  signedIn?: boolean;
  /** How every workspace may be changed. Without it, those open from the start are writable, others as listed. */
  access?: Access;
  /** What the database user may not do. */
  restrictions?: Restriction[];
  /** What every admin's stored hash is, where it can't be verified. */
  unverifiableHash?: string;
  /** Where a move has taken the organizations in the trash. */
  movedTo?: MovedToView;
  /** Interrupted changes that wait for a decision. */
  unsettled?: UnsettledAct[];
  /** Moves that stopped half-way. */
  unfinishedMoves?: UnfinishedMoveView[];
  /** The record, oldest first. */
  entries?: EntryView[];
  /** What the doctor finds; with it, it ran before. */
  findings?: DoctorFinding[];
  /** When it looked at indexes, too. */
  deepCheckedAt?: string;
  /** The documents that differ between two sides of a finding. */
  pairs?: ComparedPair[];
}

/** One open workspace of the fake. */
export interface Place {
  workspace: WorkspaceSummary;
  session: SessionView | null;
  access: Access;
  unlock: { until: number; idleAt: number; reason: string } | null;
}

export const now = () => new Date().toISOString();

export function refuse(error: ConsoleError): never {
  throw error;
}
export const notFound = (what: "organization" | "workspace" | "person" = "organization") =>
  refuse({ code: "not_found", details: { what } });
export const noAnswer: ConsoleError = {
  code: "unavailable",
  details: { reason: "server", path: null, cause: "no answer" },
};
const notOpen: ConsoleError = { code: "no_workspace" };

const bytes = (done: number) => ({ bytes: done * 360, bytesPerSecond: 1_512_000 });

/** What the fake holds, for all of its commands. */
export class World {
  readonly organizations: OrganizationView[];
  readonly workspaces: WorkspaceSummary[];
  readonly unsettled: UnsettledAct[];
  readonly restrictions: Restriction[];
  readonly entries: EntryView[];
  readonly cancelled = new Set<string>();
  /** Connection strings with a secret that was typed, by the draft that holds it. */
  readonly typedSecrets = new Map<string, string>();
  /** In the order in which they were opened. */
  readonly places: Place[] = [];
  readonly operators: SomebodyView[];
  readonly people: SomebodyView[];
  /** The password after a person changed it. */
  password: string | null = null;
  keeping: SecretKeeping;
  claimed: boolean;
  reachable = true;
  /** The one that the window shows. */
  current: Place | null = null;
  /** Where the call that is being answered goes. */
  place: Place | null = null;

  constructor(readonly options: FakeOptions) {
    this.organizations = options.organizations ?? madeUpOrganizations(200);
    this.workspaces = structuredClone(options.workspaces ?? madeUpWorkspaces);
    this.operators = options.operators ?? madeUpOperators();
    this.people = options.people ?? madeUpPeople(this.organizations);
    this.unsettled = [...(options.unsettled ?? [])];
    this.restrictions = options.restrictions ?? [];
    this.entries = [...(options.entries ?? madeUpEntries(60))];
    const keeper = options.keeper ?? "keychain";
    this.keeping = {
      keeper,
      reason: keeper === "keychain" ? null : "keychain_silent",
      keychainAvailable: keeper === "keychain",
      keychainName: "GNOME Keyring",
      sealedFile: keeper === "sealed_file" ? "locked" : "none",
      chosen: false,
    };
    this.claimed = options.claimed ?? true;
    for (const id of [...(options.alsoOpened ?? []), options.opened]) {
      const workspace = this.workspaces.find((each) => each.id === id);
      if (!workspace) continue;
      this.current = this.place = this.open(workspace, "read_write");
      if (options.signedIn) this.signIn("dana@meridian.example");
    }
  }

  placeOf(id: string): Place | null {
    return this.places.find((each) => each.workspace.id === id) ?? null;
  }

  here(): Place {
    return this.place ?? refuse(notOpen);
  }

  /** The next answer comes from this workspace; from the one that is shown, where a call names none. */
  goTo(workspace: string | undefined): void {
    this.place = workspace === undefined ? this.current : (this.placeOf(workspace) ?? refuse(notOpen));
  }

  open(workspace: WorkspaceSummary, access = workspace.access): Place {
    const known = this.placeOf(workspace.id);
    if (known) return known;
    const opened = { workspace, session: null, access: this.options.access ?? access, unlock: null };
    this.places.push(opened);
    return opened;
  }

  signIn(email: string, name = "Dana Whitlock"): SessionView {
    const role = this.options.role ?? "owner";
    const operator = role !== "organization_admin" && role !== "viewer";
    const session: SessionView = {
      account: operator ? "operator:1" : "organization:1",
      role,
      name,
      email,
      organizationId: operator ? null : (this.organizations[0]?.id ?? null),
      expiresAt: new Date(Date.now() + (this.options.sessionSeconds ?? 1800) * 1000).toISOString(),
      may: MAY[role],
    };
    this.here().session = session;
    return session;
  }

  pause(times = 1): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, (this.options.delay ?? 0) * times));
  }

  stopIfCancelled(job: string): void {
    if (this.cancelled.has(job)) refuse({ code: "cancelled" });
  }

  /** Counts up in steps, telling each. */
  async work(
    job: string,
    total: number,
    progress: Channel<JobProgress>,
    step: JobProgress["step"] = "whole",
  ): Promise<void> {
    for (let done = 0; done < total; done += Math.max(1, Math.round(total / 20))) {
      progress.onmessage({ step, done, total, perSecond: 4200, ...bytes(done) });
      await this.pause();
      this.stopIfCancelled(job);
    }
    progress.onmessage({ step, done: total, total, perSecond: 4200, ...bytes(total) });
  }
}
