/** The plugin has no types of its own. */
declare module '@size-limit/file' {
  const plugin: (...parameters: unknown[]) => unknown;
  export default plugin;
}
