/** What Vite writes into the page: whether it was built, or is served for development, and where the site around it is. */
interface ImportMeta {
  readonly env: { readonly PROD: boolean; readonly VITE_SITE?: string };
}
