import { aNewTask, anAdmission, aTargetOf } from "../fixtures/store-bench.ts";
import { type Action, codeOf, LONG_TEXT, serviceOf } from "./acting.ts";
import { Broken, CLIENTS, type World } from "./world.ts";

/** Few names, so that tasks want the same. */
const TARGET_NAMES = 6;
const METADATA = { note: LONG_TEXT };

const create: Action = async (world) => {
  const { random } = world;
  const client = random.pick(CLIENTS) ?? "ada";
  const count = 1 + random.below(2);
  const names = Array.from({ length: count }, () => `out-${random.below(TARGET_NAMES)}`);
  const targets = [...new Set(names)].map((name) => aTargetOf(name));
  const priority = random.below(3) - 1;
  const key = random.chance(0.5) ? `key-${world.made++}` : undefined;
  const body = { clientCode: client, targets, priority };
  const code = await codeOf(send(world, body, key));
  world.note(`${client} creates ${names.join()}: ${code ?? "done"}`);
};

/** A create as the service passes it on; the client is told of its task. */
async function send(
  world: World,
  body: Pick<ReturnType<typeof aNewTask>, "targets" | "priority"> & { clientCode: string },
  key: string | undefined,
): Promise<void> {
  const { tasks } = serviceOf(world);
  const client = CLIENTS.find((name) => name === body.clientCode) ?? "ada";
  const { nonce } = anAdmission();
  const task = aNewTask({ ...body, metadata: METADATA, customProfiles: ["mine"] });
  const id = await tasks.create(task, {
    nonce: { ...nonce, clientCode: client },
    ...(key !== undefined && { idempotency: { key, bodyDigest: key } }),
  });
  const first = key === undefined ? undefined : world.keys.get(key);
  if (first !== undefined && first !== id)
    throw new Broken(`the key ${key} made a second task, ${id} after ${first}`);
  if (first === undefined && world.known.has(id)) throw new Broken(`the id ${id} came twice`);
  if (key !== undefined) world.keys.set(key, id);
  if (!world.known.has(id))
    world.known.set(id, {
      client,
      retries: 0,
      attempt: 0,
      end: undefined,
      published: new Map(),
      gone: undefined,
    });
}

/** The same create again, as a client sends it that had no answer. */
const repeatCreate: Action = async (world) => {
  const [key, id] = world.random.pick([...world.keys]) ?? [];
  if (key === undefined || id === undefined) return;
  const { client } = world.knownOf(id);
  const targets = [aTargetOf("out-0")];
  const code = await codeOf(send(world, { clientCode: client, targets, priority: 0 }, key));
  world.note(`${client} repeats ${key}: ${code ?? "done"}`);
};

const cancel: Action = async (world) => {
  const [id, { client = "ada" } = {}] = world.random.pick(world.there) ?? [];
  if (id === undefined) return;
  const code = await codeOf(serviceOf(world).tasks.cancel(client, id));
  world.note(`${client} cancels ${id}: ${code ?? "done"}`);
};

const retry: Action = async (world) => {
  const [id, known] = world.random.pick(world.there) ?? [];
  if (id === undefined || !known) return;
  // At once: the task may be claimed in the same transaction.
  const retried = serviceOf(world)
    .tasks.retry(known.client, id)
    .then(() => {
      known.retries += 1;
      known.end = undefined;
    });
  const code = await codeOf(retried);
  world.note(`${known.client} retries ${id}: ${code ?? "done"}`);
};

const remove: Action = async (world) => {
  const [id, { client = "ada" } = {}] = world.random.pick(world.there) ?? [];
  if (id === undefined) return;
  const { tasks } = serviceOf(world);
  const code = await codeOf(tasks.remove(client, id).then(() => world.forget(id, "deleted")));
  world.note(`${client} deletes ${id}: ${code ?? "done"}`);
  if (code === undefined && (await codeOf(tasks.get(client, id))) !== "no_such_task")
    throw new Broken(`${id} was deleted, and its client still sees it`);
};

/** What clients do, with how often they do it. */
export const CLIENT_ACTIONS: Readonly<Record<string, readonly [weight: number, action: Action]>> = {
  create: [5, create],
  repeatCreate: [1, repeatCreate],
  cancel: [1, cancel],
  retry: [1.5, retry],
  remove: [1, remove],
};
