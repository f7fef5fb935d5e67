import { keyUrlOf, type Protection } from "../profile/fields/protection.ts";
import { TaskError } from "../task/errors.ts";
import type { Task } from "../task/task.ts";
import type { RunPorts } from "./run-ports.ts";

/** The keys of a task's encrypted segments, and where players get them, each by its number from 0. */
export type SegmentKeys = {
  readonly keyOf: (key: number) => Uint8Array;
  readonly urlOf: (key: number) => string;
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
    const urlOf = (key: number) => keyUrlOf(protection, id, key);
    if (sealedKey === undefined) return { keyOf: (key) => mediaKeys.made(id, key), urlOf };
    const given = mediaKeys.open(sealedKey, clientCode);
    if (given) return { keyOf: () => given, urlOf };
    throw new TaskError(
      "internal",
      "Cannot encrypt the segments: the key of the profile was stored under another secret key of this service",
    );
  };
