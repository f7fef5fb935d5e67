import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { storageContract } from "../../contract/storage.ts";
import { ofFile } from "../../fixtures/of-file.ts";
import { startS3Server } from "../../fixtures/s3-server.ts";
import { anS3Bench } from "../../fixtures/s3-storage.ts";

// A real server on a busy machine takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const server = await ofFile(startS3Server());

storageContract("S3Storage", async () => anS3Bench(server), { describe, test, expect });
