/** New entries are looked for so often, in milliseconds. */
const EVERY = 5_000;

/** Calls `look` again and again while the window is visible; without a timer at any other time. */
export function whileVisible(look: () => unknown): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const follow = () => {
    clearInterval(timer);
    timer = undefined;
    if (document.visibilityState === "visible") timer = setInterval(look, EVERY);
  };
  const show = () => {
    if (document.visibilityState === "visible") void look();
    follow();
  };
  document.addEventListener("visibilitychange", show);
  follow();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", show);
  };
}
