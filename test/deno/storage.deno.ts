import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { storageContract } from "../contract/storage.ts";
import { aStorageBench } from "../fixtures/file-storage.ts";
import { harness } from "./harness.ts";

const byUrl = (root: string, name: string) => pathToFileURL(join(root, name)).href;

storageContract("FileStorage by file URL", () => aStorageBench(byUrl), harness);
storageContract("FileStorage by plain path", () => aStorageBench((_, name) => name), harness);
