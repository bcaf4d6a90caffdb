/**
 * Has the browser keep the page for use without a network (service-worker.ts), once everything else is loaded. Does nothing
 * in development and where browsers offer no service worker: over plain http from another machine, and in private windows.
 */
export function keepForOfflineUse(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const register = () => {
    navigator.serviceWorker
      .register(new URL("service-worker.js", document.baseURI))
      // The page works as well without: nothing that a reader would have to know.
      .catch((error: unknown) => console.warn("not kept for offline use:", error));
  };
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
