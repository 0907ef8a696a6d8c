/** Has the service worker keep the playground for visits without a network, once the first view stands. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // Without it the playground works as before, as long as there is a network.
  navigator.serviceWorker.register('./service-worker.js').catch(() => {});
}
