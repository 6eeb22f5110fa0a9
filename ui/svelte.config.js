import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    // Libraries in node_modules still hold components in the older syntax.
    runes: ({ filename }) => (filename.includes("node_modules") ? undefined : true),
  },
};
