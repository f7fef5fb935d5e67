import { after } from "node:test";
import { storageContract } from "../contract/storage.ts";
import { type S3Server, startS3Server } from "../fixtures/s3-server.ts";
import { anS3Bench } from "../fixtures/s3-storage.ts";
import { harness } from "./harness.ts";

let server: Promise<S3Server> | undefined;

after(async () => (await server)?.close());

const make = async () => {
  server ??= startS3Server();
  return anS3Bench(await server);
};

storageContract("S3Storage", make, harness);
