/** What Vite writes into the page: whether it was built, or is served for development. */
interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
