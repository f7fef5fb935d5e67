import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { storageContract } from "../../contract/storage.ts";
import { anHttpBench } from "../../fixtures/http-storage.ts";
import { startMediaServer } from "../../fixtures/media-server.ts";
import { ofFile } from "../../fixtures/of-file.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const server = await ofFile(startMediaServer());

storageContract("HttpStorage", async () => anHttpBench(server), { describe, test, expect });
