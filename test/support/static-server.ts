import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

export interface StaticServer {
  /** Address of the folder, with a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a folder as the plainest of static hosts does: under a path of its own, with a type by ending and no other header;
 * none for isolation (COOP, COEP) above all. By a name or address of this machine only, which browsers count as secure.
 */
export async function serveFolder(folder: string, path = "/any/path/"): Promise<StaticServer> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = pathname.startsWith(path)
      ? normalize(decodeURIComponent(pathname.slice(path.length)))
      : "..";
    const content = file.startsWith("..") ? undefined : await readPage(join(folder, file));
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": content.type }).end(content.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A file, or the index of a folder. */
async function readPage(path: string): Promise<{ bytes: Buffer; type: string } | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return readPage(join(path, "index.html"));
  if (found === undefined) return undefined;
  return { bytes: await readFile(path), type: TYPES[extname(path)] ?? "application/octet-stream" };
}
