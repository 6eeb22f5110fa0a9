/**
 * The development server loads this before the program. A plain browser has no program behind the window: there the
 * fake is installed. `?fake={"opened":"p1","signedIn":true}` starts elsewhere; the browser's console has the backend,
 * to cut the line of a workspace for example.
 */
import { installFakeBackend } from "./backend";

if (!("__TAURI_INTERNALS__" in window)) {
  const options = JSON.parse(new URLSearchParams(location.search).get("fake") ?? "{}") as object;
  Object.assign(window, { backend: installFakeBackend({ delay: 120, ...options }) });
}
