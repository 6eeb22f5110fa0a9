import type { SignInAnswer } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { FAKE_PASSWORD, refuse, type World } from "./world";

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
  };
}
