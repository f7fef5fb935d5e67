import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { disklessContract } from "../contract/diskless-storage.ts";
import { storageContract } from "../contract/storage.ts";
import { aStorageBench } from "../fixtures/file-storage.ts";
import { aDisklessHttpBench, anHttpBench } from "../fixtures/http-storage.ts";
import { startMediaServer } from "../fixtures/media-server.ts";
import { harness } from "./harness.ts";

const byUrl = (root: string, name: string) => pathToFileURL(join(root, name)).href;

storageContract("FileStorage by file URL", () => aStorageBench(byUrl), harness);
storageContract("FileStorage by plain path", () => aStorageBench((_, name) => name), harness);

const server = startMediaServer();
after(async () => (await server).close());

storageContract("HttpStorage", async () => anHttpBench(await server), harness);
disklessContract("HttpStorage", async () => aDisklessHttpBench(await server), harness);
