/** The service worker: keeps the files of one build, so that the playground works without a network. */

/** The version of the build and its files, which `build/offline.ts` writes here. */
const { version, files } = globalThis.build;
const name = `playground-${version}`;

addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(name)
      .then((cache) => cache.addAll(files))
      .then(() => globalThis.skipWaiting()),
  );
});

addEventListener('activate', (event) => {
  const others = (names) => names.filter((each) => each.startsWith('playground-') && each !== name);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(others(names).map((each) => caches.delete(each))))
      .then(() => globalThis.clients.claim()),
  );
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  // Hosts say that answers vary by who asks; these files do not.
  const options = { cacheName: name, ignoreSearch: true, ignoreVary: true };
  event.respondWith(caches.match(request, options).then((kept) => kept ?? fetch(request)));
});
