import { ApiError } from "$lib/api";

/** Whether asking again without anybody doing anything can help. */
export function retries(problem: unknown): boolean {
  const { wire } = ApiError.from(problem);
  return wire.code === "unavailable" && wire.details.retryable;
}
