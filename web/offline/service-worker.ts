/**
 * Keeps the page at work without a network: stores every file of a build when it is installed, and answers from the store
 * from then on. A new build has a store of its own and takes over once no tab is left that runs the old one, so that a
 * page never gets half of each, and training is never disturbed.
 */

/** Every file of the build, and a hash of them all; plugin.ts puts it before this file's code. */
declare const PRECACHE: { readonly version: string; readonly files: readonly string[] };

/** What TypeScript's DOM library lacks of a service worker's scope. */
interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope {
  readonly registration: ServiceWorkerRegistration;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}

const worker = self as unknown as ServiceWorkerScope;
const { scope } = worker.registration;
/** Stores are shared by all pages of an origin: the scope tells two copies of the page apart. */
const PREFIX = `bellows ${scope} `;
const STORE = PREFIX + PRECACHE.version;

worker.addEventListener("install", (event) => event.waitUntil(storeAll()));
worker.addEventListener("activate", (event) => event.waitUntil(removeOthers()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(scope)) event.respondWith(answer(request));
});

async function storeAll(): Promise<void> {
  const store = await caches.open(STORE);
  // `reload`: the browser's own cache may still hold a file of an older build.
  await store.addAll(PRECACHE.files.map((file) => new Request(new URL(file, scope), { cache: "reload" })));
}

async function removeOthers(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== STORE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** From the store; from the network where the file is no part of the build. */
async function answer(request: Request): Promise<Response> {
  const isPage = request.mode === "navigate";
  const store = await caches.open(STORE);
  const stored = await store.match(isPage ? new URL("index.html", scope) : request, { ignoreSearch: true });
  return stored ?? fetch(request);
}
