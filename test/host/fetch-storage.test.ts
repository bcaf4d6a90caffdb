import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUNDLED_FILES, FetchStorage } from "../../src/host/fetch-storage.ts";
import { NodeStorage } from "../../src/host/node-storage.ts";
import { loadCheckpoint } from "../../src/io/checkpoint.ts";
import { expectFailure } from "../io/support.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../web/public/checkpoints", import.meta.url));

let server: Server;
let base = "";
beforeAll(async () => {
  server = createServer((request, response) => {
    try {
      response.end(readFileSync(CHECKPOINTS + request.url!.slice("/sub/path".length)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sub/path`;
});
afterAll(() => server.close());

test("knows all files of the bundled checkpoints", () => {
  const stored = readdirSync(CHECKPOINTS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath !== CHECKPOINTS)
    .map((entry) => `${entry.parentPath.slice(CHECKPOINTS.length + 1)}/${entry.name}`);
  expect([...BUNDLED_FILES].sort()).toEqual(stored.sort());
});

test("opens a bundled checkpoint as the command line does", async () => {
  const storage = new FetchStorage(base, BUNDLED_FILES);
  expect(await storage.list("")).toEqual(["pre-rl", "two-modes"]);
  expect(await storage.list("pre-rl")).toHaveLength(4);
  expect([await storage.exists("pre-rl"), await storage.exists("pre-rl/optimizer.safetensors")]).toEqual([
    true,
    false,
  ]);
  expect(await loadCheckpoint(storage, "pre-rl")).toEqual(
    await loadCheckpoint(new NodeStorage(CHECKPOINTS), "pre-rl"),
  );
});

test("says what is wrong", async () => {
  const storage = new FetchStorage(`${base}/`, [...BUNDLED_FILES, "gone/file"]);
  await expectFailure(() => storage.read("none"), "storage-failed", "there is no such file");
  await expectFailure(() => storage.read("pre-rl"), "storage-failed", "it is a folder");
  await expectFailure(() => storage.read("gone/file"), "network-failed", `${base}/gone/file`, "404");
  await expectFailure(() => storage.read("../secret"), "input-invalid", "../secret");
  const offline = new FetchStorage("http://127.0.0.1:1/", BUNDLED_FILES);
  await expectFailure(() => offline.read(BUNDLED_FILES[0]!), "network-failed", "http://127.0.0.1:1/pre-rl");
});

test("changes nothing", async () => {
  const storage = new FetchStorage(base, BUNDLED_FILES);
  const changes = [
    () => storage.write("a"),
    () => storage.writeFolder("a"),
    () => storage.createFolder("a"),
    () => storage.append("a"),
    () => storage.truncate("a"),
    () => storage.remove("a"),
  ];
  for (const change of changes) await expectFailure(change, "storage-failed", "can only be read");
  await storage.recover("");
});
