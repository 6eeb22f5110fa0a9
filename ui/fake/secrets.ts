import type { SecretKeeper } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { FAKE_PASSPHRASE, refuse, type World } from "./world";

/** Where secrets are kept; the sealed file opens with one passphrase. */
export function secretHandlers(world: World): Handlers {
  let passphrase = FAKE_PASSPHRASE;
  const requirePassphrase = (typed: string) => {
    if (typed !== passphrase) refuse({ code: "passphrase_refused" });
  };
  return {
    secret_keeping: () => world.keeping,
    look_for_keychain: () => world.keeping,
    choose_secret_keeper: (args: { keeper: SecretKeeper; passphrase: string | null }) => {
      if (world.keeping.sealedFile === "locked") refuse({ code: "secrets_locked" });
      const sealed = args.keeper === "sealed_file";
      if (sealed) passphrase = args.passphrase ?? passphrase;
      world.keeping = {
        ...world.keeping,
        keeper: args.keeper,
        chosen: true,
        sealedFile: sealed ? "unlocked" : "none",
      };
      return { keeping: world.keeping, moved: 3, problems: [] };
    },
    unlock_secrets: (args: { passphrase: string }) => {
      requirePassphrase(args.passphrase);
      return (world.keeping = { ...world.keeping, sealedFile: "unlocked" });
    },
    lock_secrets: () => (world.keeping = { ...world.keeping, sealedFile: "locked" }),
    change_passphrase: ({ current, next }: { current: string; next: string }) => {
      requirePassphrase(current);
      passphrase = next;
      return null;
    },
  };
}
