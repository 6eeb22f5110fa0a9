import path from "node:path";

const SOURCES = "src/";

/** The part of the program a file belongs to, from its path below the project's folder. */
export function zoneOf(file) {
  const parts = file.split("/");
  if (file.startsWith("src/lib/bindings")) return { kind: "bindings" };
  if (parts[1] === "lib") return { kind: parts[2]?.includes(".") ? "lib" : (parts[2] ?? "lib") };
  if (parts[1] === "features") return { kind: "feature", feature: parts[2] };
  return { kind: "root" };
}

/** Why `file` must not import `specifier`, or null when it may. Paths are relative to the project. */
export function refusal(file, specifier) {
  if (!file.startsWith(SOURCES)) return null;
  const from = zoneOf(file);
  if (specifier.startsWith("@tauri-apps/")) {
    return from.kind === "api" || from.kind === "bindings"
      ? null
      : "Only src/lib/api talks to Tauri: call a function of $lib/api.";
  }
  const target = /^\$(lib|fake)\b/.test(specifier)
    ? specifier.replace("$lib", "src/lib").replace("$fake", "fake")
    : specifier.startsWith(".")
      ? path.posix.join(path.posix.dirname(file), specifier)
      : null;
  if (target === null) return null;
  if (!target.startsWith(SOURCES)) {
    return /\.test\.ts$/.test(file)
      ? null
      : "The program imports nothing from outside its sources: the fake is for tests and the development server.";
  }
  const to = zoneOf(target);
  if (to.kind === "bindings" && from.kind !== "api") {
    return "Only src/lib/api imports the generated bindings: take types and functions from $lib/api.";
  }
  if (from.kind === "components" && to.kind !== "components") {
    return "A component of the design system imports nothing but other components.";
  }
  if (from.kind === "feature" && to.kind === "feature" && from.feature !== to.feature) {
    return "A feature never imports another feature: hand it in from where both are composed.";
  }
  if (from.kind === "feature" && to.kind === "root") {
    return "A feature never imports the shell that composes it.";
  }
  if (!["feature", "root"].includes(from.kind) && ["feature", "root"].includes(to.kind)) {
    return "The library never imports a feature or the shell.";
  }
  return null;
}

/** The lint rule that holds the direction of imports. */
export const importBoundaries = {
  meta: { type: "problem", schema: [], messages: { refused: "{{reason}}" } },
  create(context) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join("/");
    const check = (node) => {
      if (typeof node.source?.value !== "string") return;
      const reason = refusal(file, node.source.value);
      if (reason) context.report({ node: node.source, messageId: "refused", data: { reason } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
