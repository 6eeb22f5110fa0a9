import { m } from "../messages";
import { errorWords, sentencesOf, type ErrorCode, type WireError } from "./error-words";
import { fieldSentence } from "./field-problems";

function isWireError(value: unknown): value is WireError {
  return (
    typeof value === "object" &&
    value !== null &&
    "code" in value &&
    typeof value.code === "string" &&
    Object.hasOwn(errorWords, value.code)
  );
}

/** The only thing that a failed call throws. Branch on `error.wire.code`, never on a text. */
export class ApiError extends Error {
  constructor(
    readonly wire: WireError,
    options?: ErrorOptions,
  ) {
    super(wire.code, options);
    this.name = "ApiError";
  }

  get code(): ErrorCode {
    return this.wire.code;
  }

  /** The problem in one field of a form, or null. */
  problem(field: string): string | null {
    if (this.wire.code !== "invalid_input") return null;
    const found = this.wire.details.fields.find((problem) => problem.field === field);
    return found ? fieldSentence(found) : null;
  }

  /**
   * Makes an error of any rejection. One that is not the program's (the framework's own refusals are bare text)
   * becomes `internal` without an incident, because no log line has one.
   */
  static from(cause: unknown): ApiError {
    if (cause instanceof ApiError) return cause;
    if (isWireError(cause)) return new ApiError(cause);
    return new ApiError({ code: "internal", details: { incident: "" } }, { cause });
  }
}

/** An error in words: what happened, why, and what to do. `small` is the small print with the code. */
export interface Explanation {
  readonly title: string;
  readonly text: string;
  readonly remedy: string;
  readonly small: string;
}

/** Explains anything that was thrown; what is not an ApiError counts as an internal failure. */
export function explain(cause: unknown): Explanation {
  const { wire } = ApiError.from(cause);
  const small =
    wire.code === "internal" && wire.details.incident
      ? m.errors_code_incident({ code: wire.code, incident: wire.details.incident })
      : m.errors_code({ code: wire.code });
  return { ...sentencesOf(wire), small };
}
