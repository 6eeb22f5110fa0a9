import type { Handlers } from "./commands";
import { FAKE_PASSWORD, refuse, type World } from "./world";

export function sessionHandlers(world: World): Handlers {
  return {
    claim_workspace: ({ name, email }: { name: string; email: string }) => {
      world.claimed = true;
      return world.signIn(email, name);
    },
    sign_in: ({ email, password }: { email: string; password: string }) =>
      password === FAKE_PASSWORD
        ? world.signIn(email)
        : refuse({ code: "credentials_refused", details: { triesLeft: 4 } }),
    sign_out: () => {
      world.here().session = null;
      return null;
    },
    current_session: () => world.here().session,
    copy_token: () => null,
    copy_password: () => null,
  };
}
