import { ApiError } from "./api-error";

type Result<Data> = { status: "ok"; data: Data } | { status: "error"; error: unknown };
type Command<Arguments extends unknown[], Data> = (...args: Arguments) => Promise<Result<Data>>;

/** Learns from every call what concerns more than the screen that made it. */
export interface CallObserver {
  /** A call failed because the session in that workspace has ended. */
  sessionEnded(workspace: string, error: ApiError): void;
  /** A call was refused because the window is locked there. */
  windowLocked(workspace: string): void;
  /** That workspace's server responded, or did not. */
  serverReached(workspace: string, reached: boolean): void;
  /** A call needs sealed secrets: asks for the passphrase. If it returns true, the call is repeated. */
  secretsLocked(): Promise<boolean>;
  /** A call was refused because that workspace cannot be changed now. */
  writeRefused(workspace: string): void;
}

let observer: CallObserver | null = null;

/** Sets the one observer of calls, until the returned function is called. */
export function observeCalls(next: CallObserver): () => void {
  observer = next;
  return () => {
    if (observer === next) observer = null;
  };
}

/** Turns a generated command, which returns a result object, into a function that returns or throws. */
export function calling<Arguments extends unknown[], Data>(command: Command<Arguments, Data>) {
  return async function call(...args: Arguments): Promise<Data> {
    // A command that fails before it is sent (an argument that cannot be serialized) rejects by itself.
    const result = await command(...args).catch((error: unknown) => ({ status: "error", error }) as const);
    if (result.status === "ok") return result.data;
    const error = ApiError.from(result.error);
    if (error.code === "secrets_locked" && (await observer?.secretsLocked())) return call(...args);
    throw error;
  };
}

/**
 * The same for a command into one workspace: its responses tell the observer about that workspace. `reached` reads
 * from a response whether the server responded; a command that does not always ask the server has none.
 */
export function callingInto<Arguments extends unknown[], Data>(
  workspace: string,
  command: Command<[workspace: string, ...args: Arguments], Data>,
  reached?: (data: Data) => boolean,
) {
  const call = calling(command);
  return async (...args: Arguments): Promise<Data> => {
    try {
      const data = await call(workspace, ...args);
      if (reached) observer?.serverReached(workspace, reached(data));
      return data;
    } catch (cause) {
      const error = ApiError.from(cause);
      switch (error.code) {
        case "not_signed_in":
        case "session_expired":
        case "session_revoked":
          observer?.sessionEnded(workspace, error);
          break;
        case "session_locked":
          observer?.windowLocked(workspace);
          break;
        case "read_only":
          observer?.writeRefused(workspace);
          break;
        case "unavailable":
          observer?.serverReached(workspace, false);
      }
      throw error;
    }
  };
}
