/** What pnpm leaves out of the manifest of a package that it packs: all that makes sense in this workspace only. */
const workspaceOnly = ['@famjs/source', 'devDependencies', 'scripts'];

module.exports = {
  hooks: {
    beforePacking: (manifest) =>
      JSON.parse(JSON.stringify(manifest), (key, value) => (workspaceOnly.includes(key) ? undefined : value)),
  },
};
