import { fileURLToPath } from "node:url";
import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { licences } from "./scripts/licences.ts";

/**
 * With one locale a message is its text. The choice of a locale that the compiler writes around every message
 * would cost five of the bundle's 150 kB.
 */
function withoutChoiceOfLocale(): Plugin {
  return {
    name: "without-choice-of-locale",
    apply: "build",
    transform(code, id) {
      if (!id.includes("/paraglide/messages/")) return null;
      const exported =
        /^export const (\w+) = .*=> \{\n\texperimentalStaticLocale[^\n]*\n\treturn (en_\w+)\(inputs\)\n\}\);?$/m;
      const shorter = code.replace(exported, "export const $1 = $2;");
      if (shorter === code && code.includes("experimentalStaticLocale ??"))
        this.error(`The messages' compiler writes another form now: ${id}`);
      return { code: shorter, map: null };
    },
  };
}

/** Puts the values of messages in by `inSentence`: a name changes neither the direction nor the size of a sentence. */
function valuesInSentences(): Plugin {
  return {
    name: "values-in-sentences",
    transform(code, id) {
      if (!id.includes("/paraglide/messages/")) return null;
      const written = code.replace(/\$\{(i\?\.\w+)\}/g, "${inSentence($1)}");
      if (written === code) {
        if (code.includes("${"))
          this.error(`The messages' compiler writes values in another form now: ${id}`);
        return null;
      }
      return { code: `import { inSentence } from "$lib/in-sentence";\n${written}`, map: null };
    },
  };
}

/** A plain browser has no program behind the window: the development server puts the fake there. */
function fakeInPlainBrowser(): Plugin {
  return {
    name: "fake-in-plain-browser",
    apply: "serve",
    transformIndexHtml: () => [
      { tag: "script", attrs: { type: "module", src: "/fake/plain-browser.ts" }, injectTo: "head" },
    ],
  };
}

/** What is loaded together, in the order in which a person comes to it. */
const CHUNKS = [
  { name: "start", test: /\/src\/App\.svelte$/ },
  {
    name: "workspace",
    test: /\/(SignInScreen|ClaimScreen|Shell|OrganizationsPage)\.svelte$/,
  },
  { name: "further", test: /\/src\/.*\.svelte$/ },
];

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [
    paraglideVitePlugin({ project: "./project.inlang" }),
    valuesInSentences(),
    withoutChoiceOfLocale(),
    fakeInPlainBrowser(),
    licences(),
    svelte(),
    svelteTesting(),
  ],
  resolve: {
    alias: { $lib: folder("./src/lib"), $fake: folder("./fake") },
  },
  clearScreen: false,
  server: { port: 1420, strictPort: true, host: "127.0.0.1" },
  build: {
    // The oldest web views the program runs in: WebKitGTK 2.40 and WebView2.
    target: ["safari16.4", "chrome111"],
    sourcemap: false,
    rolldownOptions: {
      // Of a folder's index only what a chunk uses belongs to it: without the second half of the pattern, every
      // component that any screen uses would be loaded with the start screen.
      treeshake: {
        moduleSideEffects: [{ test: /\/ui\/src\/.*(\.svelte|\/index\.ts)$/, sideEffects: false }],
      },
      // A chunk has all that its first module needs. One for each combination of users would be dozens.
      output: {
        codeSplitting: {
          groups: CHUNKS.map(({ name, test }, index) => ({ name, test, priority: CHUNKS.length - index })),
        },
      },
    },
    // An inlined font would be refused by the content security policy.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts", "src/**/*.test.ts"],
    setupFiles: ["./tests/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
