import type { WireError } from "../bindings";
import { fieldSentence } from "./field-problems";

export type ErrorCode = WireError["code"];

/** What each code looks like on the wire; a rejection that looks different is not one of ours. */
const codes = {
  invalid_input: true,
  conflict: true,
  not_found: true,
  not_signed_in: true,
  session_expired: true,
  session_revoked: true,
  forbidden: true,
  operator_needed: true,
  credentials_refused: true,
  organization_inactive: true,
  throttled: true,
  already_claimed: true,
  busy: true,
  partly_done: true,
  changed_meanwhile: true,
  facts_changed: true,
  confirmation_mismatch: true,
  no_workspace: true,
  workspace_password_needed: true,
  workspace_refused: true,
  workspace_damaged: true,
  workspace_newer: true,
  connection_string_invalid: true,
  unavailable: true,
  denied_by_database: true,
  limit_reached: true,
  rule_broken: true,
  read_only: true,
  secrets_locked: true,
  passphrase_refused: true,
  proof_needed: true,
  import_refused: true,
  data_missing: true,
  data_corrupt: true,
  database_full: true,
  file_not_written: true,
  cancelled: true,
  internal: true,
} as const satisfies Record<ErrorCode, true>;

function isWireError(value: unknown): value is WireError {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    Object.hasOwn(codes, value.code) &&
    "message" in value &&
    typeof value.message === "string"
  );
}

/**
 * What a failed call throws, and the only thing it throws. Branch on `error.wire.code`, never on a text.
 */
export class ApiError extends Error {
  constructor(readonly wire: WireError) {
    super(wire.message);
    this.name = "ApiError";
  }

  get code(): ErrorCode {
    return this.wire.code;
  }

  /** The problem the service found in one field of a form, or null. */
  problem(field: string): string | null {
    if (this.wire.code !== "invalid_input") return null;
    const found = this.wire.details.fields.find((problem) => problem.field === field);
    return found ? fieldSentence(found) : null;
  }

  /**
   * Makes an error of any rejection. What is no error of the service's (the framework's own refusals are
   * bare text) becomes `internal` without an incident, because no log line carries one.
   */
  static from(cause: unknown): ApiError {
    if (cause instanceof ApiError) return cause;
    if (isWireError(cause)) return new ApiError(cause);
    const message = cause instanceof Error ? cause.message : String(cause);
    return new ApiError({ code: "internal", message, details: { incident: "" } });
  }
}
