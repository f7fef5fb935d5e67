import { Queue } from "bullmq";
import { Redis } from "ioredis";
import type { Admission, NewTask, Nonce } from "../src/store/store.ts";
import { TaskIds } from "../src/store/task-id.ts";
import { TaskError } from "../src/task/errors.ts";

/**
 * Keeps nonces and tasks in Redis as BullMQ does it: the nonce is set where it is not there, then the task is added to
 * the queue under its id.
 *
 * @param socket - path of the Redis server's socket
 */
export function openBullmq(socket: string): {
  readonly create: (task: NewTask, admission: Admission) => Promise<string>;
  readonly useNonce: (nonce: Nonce) => Promise<void>;
} {
  const connection = new Redis({ path: socket, maxRetriesPerRequest: null });
  const queue = new Queue("transcoding", { connection });
  const ids = new TaskIds();
  const useNonce = async ({ clientCode, nonce, expiresMs }: Nonce): Promise<void> => {
    const answer = await connection.set(`nonce:${clientCode}:${nonce}`, 1, "PXAT", expiresMs, "NX");
    if (answer === null)
      throw new TaskError("request_replayed", `Cannot accept nonce "${nonce}": it was used`);
  };
  return {
    useNonce,
    create: async (task, { nonce }) => {
      await useNonce(nonce);
      const id = ids.next(Date.now());
      await queue.add("transcode", task, { jobId: id });
      return id;
    },
  };
}
