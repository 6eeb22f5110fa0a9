// Runs in the window, on a list of 100,000 rows. Beside each scrolled stretch of the list stands the same stretch of a
// bare one: 38 elements with the same words in the same columns, reused by hand, without anything else.
const frame = () => new Promise(requestAnimationFrame);
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const viewport = document.querySelector("[role=grid] .viewport");
const grid = viewport.closest("[role=grid]");
const ROW = 32;
const BARE_ROWS = 38;
const FRAMES = 60;

function bareList() {
  const { left, top, width, height } = viewport.getBoundingClientRect();
  const sample = viewport.querySelector("[data-index]");
  const cells = [...sample.querySelectorAll("[role=gridcell]")];
  const words = cells.map((cell) => cell.innerText.trim());
  const lefts = cells.map((cell) => cell.getBoundingClientRect().left - left);
  const total = Number(grid.getAttribute("aria-rowcount")) - 1;
  const box = document.createElement("div");
  box.style.cssText = `position:fixed;left:${left}px;top:${top}px;width:${width}px;height:${height}px;
    overflow:hidden auto;background:var(--surface-panel);z-index:1000`;
  const canvas = document.createElement("div");
  canvas.style.cssText = `position:relative;height:${total * ROW}px`;
  box.append(canvas);
  const rows = Array.from({ length: BARE_ROWS }, () => {
    const row = document.createElement("div");
    row.style.cssText = `position:absolute;inset:0 0 auto;height:${ROW}px;line-height:${ROW - 1}px;contain:strict;
      border-bottom:1px solid var(--border-subtle)`;
    const texts = words.map((_, column) => {
      const cell = document.createElement("span");
      cell.style.cssText = `position:absolute;white-space:nowrap;left:${lefts[column]}px`;
      cell.append("");
      row.append(cell);
      return cell.firstChild;
    });
    canvas.append(row);
    return { row, texts, index: -1 };
  });
  const draw = () => {
    const first = Math.max(0, Math.min(total - BARE_ROWS, Math.floor(box.scrollTop / ROW) - 8));
    for (let index = first; index < first + BARE_ROWS; index += 1) {
      const slot = rows[index % BARE_ROWS];
      if (slot.index === index) continue;
      slot.index = index;
      slot.row.style.transform = `translateY(${index * ROW}px)`;
      slot.texts.forEach((text, column) => (text.data = words[column] && `${words[column]} ${index % 10}`));
    }
  };
  box.addEventListener("scroll", draw, { passive: true });
  draw();
  document.body.append(box);
  return box;
}

/** The times of frames, one step of scrolling in each. */
async function frames(step, times) {
  await frame();
  let before = await frame();
  for (let index = 0; index < FRAMES; index += 1) {
    step(index);
    const now = await frame();
    times.push(now - before);
    before = now;
  }
}

async function scrolled(element, step, times) {
  element.scrollTop = 0;
  await pause(100);
  await frames((index) => step(element, index), times);
}

const by = (pixels) => (element) => (element.scrollTop += pixels);
// As a dragged bar does: far, and back.
const dragged = (element, index) =>
  (element.scrollTop = (element.scrollHeight / 2) * (1 - Math.cos((index / FRAMES) * 2 * Math.PI)));

/** Presses a key where the focus is, and scrolls the bare list as far as the key scrolled the list. */
async function held(key, ours, bare) {
  viewport.scrollTop = 0;
  await pause(200);
  viewport.querySelector("[data-index]").focus();
  const places = [];
  const press = () => {
    document.activeElement.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
    places.push(viewport.scrollTop);
  };
  await frames(press, ours);
  const box = bareList();
  await frames((index) => (box.scrollTop = places[index]), bare);
  box.remove();
}

/** Types faster than anyone does; returns how many keys are missing in the end, and the times of the keys. */
async function typed() {
  const field = document.querySelector("[role=search] input");
  const word = "ember-studio";
  const times = [];
  let expected = "";
  for (const letter of word) {
    expected += letter;
    field.focus();
    const before = performance.now();
    document.execCommand("insertText", false, letter);
    times.push(performance.now() - before);
    await pause(40);
  }
  const missing = expected.length - field.value.length;
  await pause(1500);
  field.select();
  document.execCommand("delete");
  await pause(1500);
  return { times, missing };
}

/** From a press on a row to the first frame that shows its panel. */
async function opened() {
  const times = [];
  for (let index = 0; index < 12; index += 1) {
    const before = performance.now();
    viewport.querySelectorAll("[data-index]")[index + 1].click();
    while (!document.querySelector("[data-region=panel]")) await pause(0);
    await frame();
    if (index > 0) times.push(performance.now() - before);
    document
      .querySelector("[data-region=panel]")
      .dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    while (document.querySelector("[data-region=panel]")) await pause(0);
    await pause(250);
  }
  return times;
}

/** From a jump to the frame that shows the rows of the place. */
async function jumped() {
  const times = [];
  for (const part of [0.5, 0.25, 0.75, 0.4, 0.6, 0.9]) {
    const before = performance.now();
    viewport.scrollTop = part * (viewport.scrollHeight - viewport.clientHeight);
    const waits = () => [...viewport.querySelectorAll("[data-index]")].some((row) => row.ariaBusy === "true");
    await frame();
    while (waits()) await frame();
    times.push(performance.now() - before);
    await pause(300);
  }
  return times;
}

async function everything() {
  const measured = {};
  const stretches = {
    "wheel, slowly": by(40),
    wheel: by(120),
    "wheel, quickly": by(400),
    "wheel, thrown": by(1200),
    "the bar": dragged,
  };
  for (const [name, step] of Object.entries(stretches)) {
    const [ours, bare] = [[], []];
    for (let round = 0; round < 3; round += 1) {
      await scrolled(viewport, step, ours);
      const box = bareList();
      await scrolled(box, step, bare);
      box.remove();
    }
    measured[name] = { ours, bare };
  }
  for (const key of ["ArrowDown", "PageDown"]) {
    const [ours, bare] = [[], []];
    for (let round = 0; round < 3; round += 1) await held(key, ours, bare);
    measured[`held ${key}`] = { ours, bare };
  }
  return { scrolled: measured, jumped: await jumped(), opened: await opened(), typed: await typed() };
}
everything().then(done, (problem) => done(String(problem)));
