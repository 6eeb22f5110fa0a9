import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

/**
 * Whether the colours of the tokens can be read where they are put on one another: WCAG 2.2, level AA. A checker that
 * looks at the window leaves undecided what lies over a picture, a gradient or another layer; this decides it.
 */
const css = readFileSync(path.resolve(import.meta.dirname, "tokens.css"), "utf8").replaceAll(
  /\/\*.*?\*\//gs,
  "",
);

function declared(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector}{`);
  if (start < 0) throw new Error(`tokens.css has no ${selector}`);
  const block = css.slice(start, css.indexOf("}", start));
  return new Map(
    [...block.matchAll(/--([\w-]+)\s*:\s*([^;]+);/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

const light = declared(":root");
const themes = { light, dark: new Map([...light, ...declared("[data-theme=dark]")]) };
type Theme = keyof typeof themes;

function valueOf(theme: Theme, token: string): string {
  const value = themes[theme].get(token);
  if (value === undefined) throw new Error(`there is no token --${token}`);
  const named = /^var\(--([\w-]+)\)$/.exec(value);
  return named?.[1] === undefined ? value : valueOf(theme, named[1]);
}

/** Relative luminance, as WCAG defines it. */
function luminanceOf(colour: string): number {
  if (!/^#[\da-f]{6}$/i.test(colour)) throw new Error(`${colour} is not written as #rrggbb`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, bright = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const TEXT = 4.5;
const GRAPHICS = 3;

/** Everything that text stands on: rows, fields, menus, dialogs, with and without the pointer on it. */
const SURFACES = [
  "surface-app",
  "surface-sunken",
  "surface-panel",
  "surface-raised",
  "surface-overlay",
  "surface-hover",
  "surface-nav-hover",
  "surface-control-hover",
  "surface-active",
  "accent-subtle",
  "accent-muted",
];
/** Where notes, marks and messages stand. */
const GROUNDS = [
  "surface-app",
  "surface-sunken",
  "surface-panel",
  "surface-overlay",
  "surface-hover",
  "accent-subtle",
  "accent-muted",
];
const MEANINGS = ["success", "warning", "danger", "info"];
const ENVIRONMENTS = ["production", "staging", "development", "local"];

interface Pairs {
  tokens: string[];
  on: string[];
  least: number;
}

const PAIRS: Pairs[] = [
  { tokens: ["text-1", "text-2", "text-3", "accent-text"], on: SURFACES, least: TEXT },
  { tokens: ["text-1", "text-2"], on: ["surface-control-active"], least: TEXT },
  {
    tokens: ["text-on-solid"],
    on: ["accent", "danger"].flatMap((kind) =>
      ["", "-hover", "-active"].map((state) => `${kind}-solid${state}`),
    ),
    least: TEXT,
  },
  { tokens: ["text-on-tooltip"], on: ["surface-tooltip"], least: TEXT },
  { tokens: ["danger-text"], on: ["surface-raised", "surface-control-hover"], least: TEXT },
  ...MEANINGS.flatMap((kind): Pairs[] => [
    { tokens: [`${kind}-text`], on: [...GROUNDS, `${kind}-subtle`], least: TEXT },
    { tokens: ["text-1", "text-2", "text-3"], on: [`${kind}-subtle`], least: TEXT },
  ]),
  ...ENVIRONMENTS.flatMap((kind): Pairs[] => {
    const places = ["surface-app", "surface-panel", "accent-muted", `env-${kind}-subtle`];
    return [
      { tokens: [`env-${kind}-text`], on: [...places, "surface-overlay", "surface-active"], least: TEXT },
      { tokens: [`env-${kind}-solid`], on: places, least: GRAPHICS },
    ];
  }),
  {
    tokens: [
      "status-active",
      "status-deactivated",
      "status-trashed",
      "success-solid",
      "warning-solid",
      "info-solid",
    ],
    on: ["surface-app", "surface-panel", "surface-hover", "accent-subtle", "accent-muted"],
    least: GRAPHICS,
  },
  // A field that is wrong, and a meter that is full. In the dark theme `status-trashed` marks fields on other grounds.
  { tokens: ["danger-solid"], on: ["surface-app", "surface-sunken", "surface-panel"], least: GRAPHICS },
  { tokens: ["border-control", "focus-ring"], on: SURFACES.slice(0, 6), least: GRAPHICS },
  { tokens: ["focus-ring"], on: ["accent-muted", "surface-active"], least: GRAPHICS },
  { tokens: ["chart-line", "chart-bar"], on: ["surface-panel"], least: GRAPHICS },
];

test.each(Object.keys(themes) as Theme[])("every pair of tokens can be read in the %s theme", (theme) => {
  const weak = PAIRS.flatMap(({ tokens, on, least }) =>
    tokens.flatMap((token) =>
      on.map((ground) => ({
        token,
        ground,
        least,
        ratio: contrast(valueOf(theme, token), valueOf(theme, ground)),
      })),
    ),
  ).filter(({ ratio, least }) => ratio < least);
  expect(
    weak.map(({ token, ground, least, ratio }) => `${token} on ${ground}: ${ratio.toFixed(2)} < ${least}`),
  ).toEqual([]);
});

test("a colour of text that nobody checks is found", () => {
  const checked = new Set(PAIRS.flatMap(({ tokens }) => tokens));
  const texts = [...light.keys()].filter((name) => /^text-|-text$/.test(name));
  // What is switched off need not be readable; WCAG says so.
  expect(texts.filter((name) => !checked.has(name))).toEqual(["text-disabled"]);
  const grounds = new Set(PAIRS.flatMap(({ on }) => on));
  const surfaces = [...light.keys()].filter((name) => /^surface-|-subtle$/.test(name));
  expect(surfaces.filter((name) => !grounds.has(name) && !name.startsWith("border-"))).toEqual([
    "surface-scrim",
  ]);
});

test("the ratio is the one that WCAG defines", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
