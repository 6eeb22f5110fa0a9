import { mount } from "svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import App from "./App.svelte";

async function start(target: HTMLElement) {
  // A plain browser has no program behind it: `npm run dev` then works on made-up data. The build drops this.
  if (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window)) {
    const { installFakeBackend } = await import("./lib/api/testing");
    // `?fake={"opened":"p1","signedIn":true}` starts elsewhere; the console has the backend, to cut its line for example.
    const options = JSON.parse(new URLSearchParams(location.search).get("fake") ?? "{}") as object;
    Object.assign(window, { backend: installFakeBackend({ delay: 120, ...options }) });
  }
  mount(App, { target });
}

const target = document.getElementById("app");
if (target) void start(target);
