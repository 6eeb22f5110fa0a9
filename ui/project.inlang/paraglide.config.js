export default {
  outdir: "./src/lib/paraglide",
  strategy: ["baseLocale"],
  outputStructure: "message-modules",
  emitTsDeclarations: true,
  emitReadme: false,
  // One locale today: a constant lets the bundler drop the code that looks for another one.
  experimentalStaticLocale: '"en"',
};
