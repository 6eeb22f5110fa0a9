import type { Channel } from "@tauri-apps/api/core";
import type {
  FailingSignIns,
  LiveSessionView,
  SessionNews,
  SessionView,
  SignInAnswer,
  WhoseSessions,
  WorkspaceSettings,
} from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { FAKE_PASSWORD, notFound, refuse, type World } from "./world";

/** Where the window hears what happens to its session, by workspace. */
const listening = new Map<string, Channel<SessionNews>>();

/** Tells the window of a session in this workspace. */
export function tellSession(workspace: string, news: SessionNews): void {
  listening.get(workspace)?.onmessage(news);
}

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function listedSessions(own: SessionView | null): LiveSessionView[] {
  const session = (id: string, name: string, minutes: number): LiveSessionView => ({
    id,
    own: false,
    account: `operator:${id}`,
    role: "operator",
    name,
    email: `${name.toLowerCase().replace(" ", ".")}@meridian.example`,
    organizationId: null,
    organizationName: null,
    device: "lee on venus, Windows",
    since: minutesAgo(minutes),
    lastUsedAt: minutesAgo(3),
    expiresAt: minutesAgo(-20),
  });
  const mine = own && {
    ...session("own", own.name, 12),
    own: true,
    account: own.account,
    organizationId: own.organizationId,
    email: own.email,
    role: own.role,
    device: "dana on mars, Linux",
    lastUsedAt: minutesAgo(0),
  };
  return [...(mine ? [mine] : []), session("lee", "Lee Chen", 95), session("ada", "Ada Okafor", 140)];
}

export const FAKE_RECOVERY_CODE = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ";

export function sessionHandlers(world: World): Handlers {
  const { options } = world;
  const enter = (email: string, account: string | null): SignInAnswer => {
    const choice = options.accounts?.find((each) => each.account === account);
    if (options.accounts && !choice) return { kind: "choose", accounts: options.accounts };
    const session = world.signIn(email);
    return {
      kind: "session",
      session: choice ? Object.assign(session, { account, role: choice.role }) : session,
    };
  };
  const refused = () => refuse({ code: "credentials_refused", details: { triesLeft: 4 } });
  const here = () => world.here().session ?? refuse({ code: "not_signed_in" });
  let sessions: LiveSessionView[] | null = null;
  let failing: FailingSignIns[] = [
    {
      key: "operator:1",
      subject: "account",
      email: "lee.chen@meridian.example",
      failures: 8,
      waitSeconds: 42,
      device: "lee on venus, Windows",
    },
    {
      key: "9f2c",
      subject: "unknown_address",
      email: null,
      failures: 3,
      waitSeconds: 0,
      device: "lee on venus, Windows",
    },
    {
      key: "device:77",
      subject: "device",
      email: null,
      failures: 23,
      waitSeconds: 8,
      device: "lee on venus, Windows",
    },
  ];
  let settings: WorkspaceSettings = {
    sessionMinutes: 30,
    renewWhileWorking: true,
    idleLockMinutes: null,
    keepRecordMonths: null,
    keepTrashDays: 30,
  };
  const all = () => (sessions ??= listedSessions(world.here().session));
  const named = (whose: WhoseSessions) => (session: LiveSessionView) => {
    switch (whose.kind) {
      case "own":
        return session.own;
      case "one":
        return session.id === whose.id;
      case "account":
        return session.account === whose.account;
      case "organization":
        return session.organizationId === whose.id;
      case "everybody":
        return true;
    }
  };
  const prolonged = () => {
    const { session } = world.here();
    if (!session) return refuse({ code: "not_signed_in" });
    session.expiresAt = minutesAgo(-settings.sessionMinutes);
    return session;
  };
  return {
    claim_workspace: ({ name, email }: { name: string; email: string }) => {
      world.claimed = true;
      return { session: world.signIn(email, name), recoveryCode: FAKE_RECOVERY_CODE };
    },
    sign_in: (args: { email: string; password: string; account: string | null }) => {
      if (args.password !== (world.password ?? FAKE_PASSWORD)) refused();
      if (options.mustChange && world.password === null)
        return { kind: "must_change", until: "2026-12-02T12:00:00Z" };
      return enter(args.email, args.account);
    },
    sign_in_with_new_password: (args: { email: string; password: string; account: string | null }) => {
      world.password = args.password;
      return enter(args.email, args.account);
    },
    recover: (args: { email: string; code: string; password: string }) => {
      if (args.code.replace(/[\s-]/g, "").toUpperCase() !== FAKE_RECOVERY_CODE.replaceAll("-", "")) refused();
      world.password = args.password;
      return { session: world.signIn(args.email), recoveryCode: FAKE_RECOVERY_CODE };
    },
    sign_out: () => {
      world.here().session = null;
      return null;
    },
    current_session: () => world.here().session,
    copy_token: () => null,
    copy_password: () => null,
    rename_oneself: ({ name }: { name: string }) => Object.assign(here(), { name }),
    change_own_password: ({ present, password }: { present: string; password: string }) => {
      if (present !== (world.password ?? FAKE_PASSWORD)) refused();
      world.password = password;
      return here();
    },
    renew_recovery_code: ({ password }: { password: string }) =>
      password === (world.password ?? FAKE_PASSWORD) ? FAKE_RECOVERY_CODE : refused(),
    save_recovery_code: () => "~/Documents/tenantry-recovery-code.txt",
    save_one_time_passwords: () => "~/Documents/one-time-passwords.csv",

    list_sessions: ({ whose }: { whose: WhoseSessions }) => ({
      sessions: all().filter(named(whose)),
      nextCursor: null,
    }),
    end_sessions: ({ whose }: { whose: WhoseSessions }) => {
      const ended = all().filter(
        (session) => named(whose)(session) && (whose.kind === "one" || !session.own),
      );
      sessions = all().filter((session) => !ended.includes(session));
      return ended.length;
    },
    renew_session: () => (settings.renewWhileWorking ? prolonged() : refuse({ code: "forbidden" })),
    lock_window: () => null,
    unlock_window: ({ password }: { password: string }) =>
      password === FAKE_PASSWORD
        ? (world.here().session ?? refuse({ code: "not_signed_in" }))
        : refuse({ code: "credentials_refused", details: { triesLeft: 4 } }),
    watch_session: ({ workspace, news }: { workspace: string; news: Channel<SessionNews> }) => {
      listening.set(workspace, news);
      return null;
    },
    list_failing_sign_ins: () => failing,
    clear_failing_sign_ins: ({ key }: { key: string }) => {
      if (!failing.some((one) => one.key === key)) notFound();
      failing = failing.filter((one) => one.key !== key);
      return null;
    },
    workspace_settings: () => settings,
    change_workspace_settings: ({ seen, next }: { seen: WorkspaceSettings; next: WorkspaceSettings }) => {
      if (JSON.stringify(seen) !== JSON.stringify(settings)) refuse({ code: "facts_changed" });
      settings = next;
      return settings;
    },
  };
}
