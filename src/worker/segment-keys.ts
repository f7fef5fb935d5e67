import { filledAddress, type Protection } from "../profile/fields/protection.ts";
import { TaskError } from "../task/errors.ts";
import type { Task } from "../task/task.ts";
import type { RunPorts } from "./run-ports.ts";

/** The keys of a task's encrypted segments, and where players get them, each by its number from 0. */
export type SegmentKeys = {
  readonly keyOf: (key: number) => Uint8Array;
  /** What players know a key by, 32 hex digits. */
  readonly idOf: (key: number) => string;
  /** An address that says of which key it is. */
  readonly addressOf: (template: string, key: number) => string;
};

/** What a way of encryption has as its keys. @throws {TaskError} `internal` if the key that the client gave cannot be decrypted any more */
export type SegmentKeysFor = (protection: Protection) => SegmentKeys;

/** The keys of a task. */
export const segmentKeys =
  (
    { id, clientCode }: Pick<Task, "id" | "clientCode">,
    mediaKeys: RunPorts["mediaKeys"],
  ): SegmentKeysFor =>
  (protection) => {
    const { sealedKey } = protection;
    const givenId = protection.method === "aes-128" ? undefined : protection.keyId;
    const idOf = (key: number) => givenId ?? mediaKeys.idOf(id, key);
    const addressOf = (template: string, key: number) =>
      filledAddress(template, { taskId: id, key, keyId: idOf(key) });
    if (sealedKey === undefined)
      return { keyOf: (key) => mediaKeys.made(id, key), idOf, addressOf };
    const given = mediaKeys.open(sealedKey, clientCode);
    if (given) return { keyOf: () => given, idOf, addressOf };
    throw new TaskError(
      "internal",
      "Cannot encrypt the segments: the key of the profile was stored under another secret key of this service",
    );
  };
