import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { storageContract } from "../../contract/storage.ts";
import { anHttpBench } from "../../fixtures/http-storage.ts";
import { type MediaServer, startMediaServer } from "../../fixtures/media-server.ts";

// Real connections on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let server: MediaServer;

beforeAll(async () => {
  server = await startMediaServer();
});

afterAll(() => server.close());

storageContract("HttpStorage", async () => anHttpBench(server), { describe, test, expect });
