import { ApiError } from "$lib/api";

/** Whether asking again without anybody doing anything can help. */
export function retries(problem: unknown): boolean {
  return ApiError.from(problem).code === "unavailable";
}
