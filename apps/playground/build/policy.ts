/** The content security policy of the playground: in its page, and in the headers of the server of `pnpm playground`. */
import type { Plugin } from 'vite';

/** Hosts of the Hugging Face Hub, which are contacted only when a visitor names a model there. */
const hub = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob:",
  `connect-src 'self' ${hub.join(' ')}`,
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Headers of every file. A worker has the policy of its own file, not that of the page. */
export const headers = {
  'Content-Security-Policy': `${policy}; frame-ancestors 'self'`,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Writes the policy into the built page; Vite's server for development injects styles and has none. */
export function contentPolicy(): Plugin {
  return {
    name: 'playground-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  };
}
