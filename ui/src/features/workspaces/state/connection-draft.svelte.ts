import { SvelteMap } from "svelte/reactivity";
import {
  api,
  ApiError,
  DEFAULT_DATABASE,
  type Access,
  type AuthenticationKind,
  type ConnectionFields,
  type ConnectionProblem,
  type ConnectionReading,
  type EditorTab,
  type Environment,
  type ProfileInput,
  type TestInput,
  type WorkspaceKind,
  type WorkspaceSummary,
} from "$lib/api";

/** How long typing pauses before the connection string is read. */
const REST = 120;

const NO_FIELDS: ConnectionFields = {
  srv: false,
  hosts: [],
  defaultDatabase: null,
  replicaSet: null,
  directConnection: null,
  authentication: "none",
  user: null,
  hasPassword: false,
  authSource: null,
  tls: "default",
  tlsCaFile: null,
  tlsCertificateKeyFile: null,
  hasCertificateKeyPassword: false,
  tlsAllowInvalidCertificates: false,
  tlsAllowInvalidHostnames: false,
  connectTimeoutMilliseconds: null,
  serverSelectionTimeoutMilliseconds: null,
  socketTimeoutMilliseconds: null,
  maxPoolSize: null,
  minPoolSize: null,
  readPreference: null,
  appName: null,
  compressors: [],
  otherOptions: [],
};

/** A secret that is still visible in the text, and the same text with the mask in its place. */
interface TypedSecret {
  readonly typed: string;
  readonly masked: string;
}

/** The secret to send: the typed text, an empty string to forget the stored one, or null to keep it. */
function given(typed: string, forgets = false): string | null {
  return typed === "" && !forgets ? null : typed;
}

/** Where two texts differ: they are equal before `start`, and in the last `after` characters. */
function difference({ typed, masked }: TypedSecret): { start: number; after: number } {
  const shorter = Math.min(typed.length, masked.length);
  let start = 0;
  while (start < shorter && typed[start] === masked[start]) start += 1;
  let after = 0;
  while (after < shorter - start && typed.at(-1 - after) === masked.at(-1 - after)) after += 1;
  return { start, after };
}

/**
 * A connection in the editor: a connection string and its fields, which Rust keeps in sync, and everything saved
 * beside them. Kept for each connection until it is saved, so that switching loses nothing.
 */
export class ConnectionDraft {
  /** The name under which Rust holds the secrets typed into the connection string. */
  readonly id = crypto.randomUUID();
  /** The saved connection, as in the list. */
  saved = $state.raw<WorkspaceSummary | null>(null);

  name = $state("");
  environment = $state<Environment>("development");
  access = $state<Access>("read_write");
  favorite = $state(false);
  notes = $state("");
  database = $state<string>(DEFAULT_DATABASE);
  /** Typed beside the connection string; empty uses the stored one. */
  password = $state("");
  /** Whether the stored password must be forgotten. */
  forgetsPassword = $state(false);
  certificateKeyPassword = $state("");
  signingSecret = $state("");
  /** Whether the stored signing secret must be forgotten. */
  forgetsSigningSecret = $state(false);
  remember = $state(true);

  text = $state("");
  fields = $state<ConnectionFields>(structuredClone(NO_FIELDS));
  problems = $state.raw<readonly ConnectionProblem[]>([]);
  kind = $state<WorkspaceKind>("mongodb");
  /** Whether the connection string was taken out of a longer text: a command, a line of settings. */
  extracted = $state(false);
  /** Increments when a text with a secret in it was replaced: nothing may bring that text back. */
  replaced = $state(0);
  /** Set while a secret is still visible in the text, because the person is typing it. */
  typedSecret = $state.raw<TypedSecret | null>(null);
  /** Why the connection string could not be read or written at all. */
  failure = $state.raw<ApiError | null>(null);
  tab = $state<EditorTab>("general");
  /** Text in a number field that is not a number, by the field's name. It goes into no connection string. */
  unfit = new SvelteMap<string, string>();

  #tookSecrets = $state(false);
  #accessChosen = false;
  #databaseChosen = false;
  readonly #remembered: boolean;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> | null = null;
  #writing: Promise<void> | null = null;
  #writeAgain = false;
  /** The hosts that a name for the lookup has replaced. */
  #listedHosts: readonly string[] = [];
  /** The user before authentication was turned off. */
  #signedIn: Pick<ConnectionFields, "user" | "authSource"> = { user: null, authSource: null };
  /** Changes of the fields that are not in the connection string yet. */
  #unwritten: Partial<ConnectionFields> = {};

  constructor(saved: WorkspaceSummary | null, canRemember: boolean) {
    this.saved = saved;
    this.#remembered = saved?.passwordStored ?? canRemember;
    this.remember = this.#remembered;
    if (saved) {
      this.name = saved.name;
      this.environment = saved.environment;
      this.access = saved.access;
      this.favorite = saved.favorite;
      this.notes = saved.notes;
      this.database = saved.database ?? DEFAULT_DATABASE;
      this.text = saved.connectionString ?? "";
      this.kind = saved.kind;
    }
    this.#databaseChosen = saved !== null;
    this.#accessChosen = saved !== null;
  }

  /** The connection string with every secret masked. */
  readonly maskedText = $derived(
    (this.typedSecret?.typed === this.text ? this.typedSecret.masked : this.text).trim(),
  );

  /** The places of the problems in the shown text. */
  readonly marks = $derived.by(() => {
    const secret = this.typedSecret?.typed === this.text ? this.typedSecret : null;
    const end = secret && secret.masked.length - difference(secret).after;
    const longer = secret ? secret.typed.length - secret.masked.length : 0;
    const shown = (offset: number) => (end !== null && offset >= end ? offset + longer : offset);
    return this.problems.map((problem) => ({ start: shown(problem.start), end: shown(problem.end) }));
  });

  /** Whether saving would change anything. */
  readonly changed = $derived.by(() => {
    const { saved } = this;
    if (saved === null) return true;
    return (
      this.name !== saved.name ||
      this.environment !== saved.environment ||
      this.access !== saved.access ||
      this.favorite !== saved.favorite ||
      this.notes !== saved.notes ||
      this.database !== (saved.database ?? DEFAULT_DATABASE) ||
      this.maskedText !== (saved.connectionString ?? "") ||
      this.password !== "" ||
      this.forgetsPassword ||
      this.certificateKeyPassword !== "" ||
      this.signingSecret !== "" ||
      this.forgetsSigningSecret ||
      this.remember !== this.#remembered ||
      this.#tookSecrets
    );
  });

  /** Whether nothing was typed: an empty new connection is discarded without a question. */
  readonly empty = $derived(this.saved === null && this.name === "" && this.text === "" && this.notes === "");

  /** Whether there is a password, wherever it is. */
  readonly hasPassword = $derived(
    this.password !== "" ||
      this.#tookSecrets ||
      this.fields.hasPassword ||
      ((this.saved?.passwordStored ?? false) && !this.forgetsPassword),
  );

  /** The problem with one option of the connection string, or with one of its parts. */
  problemWith(...names: string[]): string | null {
    const found = this.problems.find(
      ({ option, part }) => names.includes(option?.toLowerCase() ?? part) || names.includes(part),
    );
    return found?.message ?? null;
  }

  /** Reads the connection string that is there already. */
  async begin(text = this.text): Promise<void> {
    this.text = text;
    if (text !== "") await this.#read();
  }

  /** The person typed in the connection string, or pasted into it: then nothing more is to come. */
  typed(text: string, pasted = false): void {
    this.text = text;
    this.extracted = false;
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#read(), pasted ? 0 : REST);
  }

  /** Replaces a typed secret with the mask, unless the caret is in it; returns the caret's place. */
  settle(caret: number | null): number | null {
    const secret = this.typedSecret;
    if (!secret || secret.typed !== this.text) return null;
    const { start, after } = difference(secret);
    const end = secret.typed.length - after;
    if (caret !== null && caret >= start && caret <= end) return null;
    this.text = secret.masked;
    this.typedSecret = null;
    this.replaced += 1;
    if (caret === null) return null;
    return caret < start ? caret : caret + secret.masked.length - secret.typed.length;
  }

  /** The person changed a field: the connection string follows. */
  async change(fields: Partial<ConnectionFields>): Promise<void> {
    // At once: a field that gets its old value back puts the caret at its end.
    Object.assign(this.fields, fields);
    Object.assign(this.#unwritten, fields);
    await this.#write();
  }

  /** A name for the lookup stands alone and has no port. Without it, the earlier hosts come back. */
  async setSrv(srv: boolean): Promise<void> {
    const { hosts } = this.fields;
    const nameOf = ([first = ""]: readonly string[]) => first.replace(/:\d*$/, "");
    if (srv) {
      this.#listedHosts = $state.snapshot(hosts);
      await this.change({ srv, hosts: [nameOf(hosts)] });
    } else {
      // A name that was typed since is what the person wants now.
      const untouched = this.#listedHosts.length > 0 && nameOf(hosts) === nameOf(this.#listedHosts);
      await this.change({ srv, hosts: untouched ? [...this.#listedHosts] : hosts });
    }
  }

  /** Chooses the authentication. The user comes back with a method that has one. */
  async setAuthentication(authentication: AuthenticationKind): Promise<void> {
    const { user, authSource } = this.fields;
    const external = authSource === "$external";
    if (user !== null) this.#signedIn.user = user;
    if (authSource !== null && !external) this.#signedIn.authSource = authSource;
    if (authentication === "none") await this.change({ authentication, user: null, hasPassword: false });
    else if (authentication === "x509")
      await this.change({ authentication, hasPassword: false, authSource: "$external" });
    else
      await this.change({
        authentication,
        user: user ?? this.#signedIn.user,
        hasPassword: this.hasPassword,
        authSource: external ? this.#signedIn.authSource : authSource,
      });
  }

  /** Types a password beside the connection string, which then shows the mask. */
  async setPassword(password: string): Promise<void> {
    this.password = password;
    this.forgetsPassword = false;
    const has = password !== "" || this.#tookSecrets || (this.saved?.passwordStored ?? false);
    if (has !== this.fields.hasPassword) await this.change({ hasPassword: has });
    else if (password !== "" && this.problemWith("password") !== null) {
      // A secret that did not fit into the string no longer matters.
      this.settle(null);
      await this.#read();
    }
  }

  async forgetPassword(): Promise<void> {
    this.password = "";
    this.forgetsPassword = true;
    this.#tookSecrets = false;
    if (this.fields.hasPassword) await this.change({ hasPassword: false });
  }

  async setCertificateKeyPassword(password: string): Promise<void> {
    this.certificateKeyPassword = password;
    if (password !== "" && !this.fields.hasCertificateKeyPassword)
      await this.change({ hasCertificateKeyPassword: true });
  }

  setSigningSecret(secret: string): void {
    this.signingSecret = secret;
    this.forgetsSigningSecret = false;
  }

  forgetSigningSecret(): void {
    this.signingSecret = "";
    this.forgetsSigningSecret = true;
  }

  setEnvironment(environment: Environment): void {
    this.environment = environment;
    // Production starts locked, unless the person chose something else.
    if (!this.#accessChosen) this.access = environment === "production" ? "locked" : "read_write";
  }

  setAccess(access: Access): void {
    this.access = access;
    this.#accessChosen = true;
  }

  setDatabase(database: string): void {
    this.database = database;
    this.#databaseChosen = true;
  }

  /** Replaces a name for the lookup with its hosts. */
  async convertToSeedList(): Promise<void> {
    await this.settled();
    this.#take(await api.seedList(this.id, this.maskedText));
  }

  /** Waits until text and fields are in sync. */
  async settled(): Promise<void> {
    await this.#flushReading();
    await this.#writing;
    this.settle(null);
  }

  profileInput(): ProfileInput {
    return {
      id: this.saved?.id ?? null,
      draft: this.id,
      name: this.name,
      environment: this.environment,
      connectionString: this.maskedText,
      database: this.database,
      notes: this.notes,
      access: this.access,
      password: given(this.password, this.forgetsPassword),
      certificateKeyPassword: given(this.certificateKeyPassword),
      remember: this.remember,
      signingSecret: given(this.signingSecret, this.forgetsSigningSecret),
    };
  }

  testInput(): TestInput {
    return {
      draft: this.id,
      id: this.saved?.id ?? null,
      connectionString: this.maskedText,
      database: this.database,
      password: given(this.password, this.forgetsPassword),
      certificateKeyPassword: given(this.certificateKeyPassword),
    };
  }

  /** Discards the draft; Rust forgets the secrets typed into it. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    void api.forgetDraft(this.id).catch(() => undefined);
  }

  async #flushReading(): Promise<void> {
    while (this.#timer !== undefined || this.#reading !== null)
      await (this.#timer === undefined ? this.#reading : this.#read());
  }

  #read(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const reading = this.#readOnce().finally(() => {
      if (this.#reading === reading) this.#reading = null;
    });
    this.#reading = reading;
    return reading;
  }

  async #readOnce(): Promise<void> {
    const { text } = this;
    if (text.trim() === "") {
      this.problems = [];
      return;
    }
    const turn = ++this.#turn;
    try {
      const reading = await api.readConnectionString(this.id, text);
      // Later typing is read next, and this answer is then out of date.
      if (turn === this.#turn) this.#take(reading, text);
    } catch (error) {
      if (turn === this.#turn) this.failure = ApiError.from(error);
    }
  }

  #take(reading: ConnectionReading, typed: string | null = null): void {
    const before = this.fields.defaultDatabase;
    this.failure = null;
    this.problems = reading.problems;
    this.kind = reading.kind;
    if (reading.fields) this.fields = { ...reading.fields, ...this.#unwritten };
    if (reading.tookSecrets) {
      // The last typed password counts, and this was the last.
      this.#tookSecrets = true;
      this.password = "";
      this.forgetsPassword = false;
    }
    if (reading.extracted) {
      this.text = reading.text;
      this.typedSecret = null;
      this.extracted = true;
      this.replaced += 1;
    } else if (typed === null || typed === reading.text) this.text = reading.text;
    else this.typedSecret = { typed, masked: reading.text };
    const named = reading.fields?.defaultDatabase ?? null;
    if (!this.#databaseChosen && named !== before && named !== null && named !== "admin")
      this.database = named;
  }

  /** Many changes during a write become one more. */
  #write(): Promise<void> {
    this.#writeAgain = true;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#writeAgain) {
      this.#writeAgain = false;
      await this.#flushReading();
      const turn = ++this.#turn;
      try {
        const reading = await api.writeConnectionString(this.maskedText, $state.snapshot(this.fields));
        if (turn !== this.#turn) {
          // The string was typed in meanwhile: it is read, and changed again.
          this.#writeAgain = true;
          continue;
        }
        // The fields stay as typed: half a host name is not its final form.
        this.text = reading.text;
        this.typedSecret = null;
        this.problems = reading.problems;
        this.kind = reading.kind;
        this.failure = null;
      } catch (error) {
        if (turn === this.#turn) this.failure = ApiError.from(error);
      }
    }
    this.#unwritten = {};
  }
}
