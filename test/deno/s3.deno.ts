import { after } from "node:test";
import { disklessContract } from "../contract/diskless-storage.ts";
import { storageContract } from "../contract/storage.ts";
import { type S3Server, startS3Server } from "../fixtures/s3-server.ts";
import { aDisklessS3Bench, anS3Bench } from "../fixtures/s3-storage.ts";
import { harness } from "./harness.ts";

let server: Promise<S3Server> | undefined;

after(async () => (await server)?.close());

const started = () => {
  server ??= startS3Server();
  return server;
};

storageContract("S3Storage", async () => anS3Bench(await started()), harness);
disklessContract("S3Storage", async () => aDisklessS3Bench(await started()), harness);
