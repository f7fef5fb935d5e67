import { furtherInputsOf } from "../plan/further.ts";
import { refuseImpossibleJoin } from "../plan/joined.ts";
import { growingFault } from "../plan/live/growing-fault.ts";
import { liveLack } from "../plan/live/live-protocols.ts";
import { isAnyLive } from "../plan/live/places.ts";
import type { Assignment } from "../profile/profile.ts";
import type { Queue } from "../queue/queue.ts";
import { type Address, unsupportedCode } from "../storage/storage.ts";
import type { ClientStore, Idempotency, NewTask, TaskStore } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import type { Notification } from "../task/notification.ts";
import type { Clip, Extras, Origin } from "../task/task.ts";
import {
  type AddressJudge,
  type JudgePorts,
  judgeAddress,
  judgesOf,
  refuseField,
} from "./addresses.ts";
import { type Addresses, type AssignPorts, assign } from "./assign.ts";
import type { Caller } from "./authenticate.ts";
import { judgeFurther, refuseUnusedSubtitles } from "./further.ts";
import { judgeNotification } from "./notifying/notifications.ts";
import { claimFolders } from "./sets.ts";

/** A task as its caller asks for it: well formed, but not judged yet. */
export type TaskRequest = {
  readonly sourceUrl: string;
  /** If absent, the service's default profile. */
  readonly profileName?: string | undefined;
  readonly targets: readonly { readonly url: string; readonly profileName?: string | undefined }[];
  readonly priority: number;
  readonly timeoutSeconds?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly clip?: Clip | undefined;
  readonly extras?: Extras | undefined;
  readonly notification?: Notification | undefined;
};

/** What creating a task needs. */
export type CreateTaskPorts = JudgePorts &
  AssignPorts & {
    readonly tasks: Pick<TaskStore, "create" | "findByIdempotency">;
    readonly clients: Pick<ClientStore, "useNonce">;
    readonly queue: Pick<Queue, "announceWork">;
    /** @throws {TaskError} `service_unavailable` while no task is taken */
    readonly refuseWhileClosed: () => void;
    /** Used if the caller names no profile. */
    readonly defaultProfile: string;
    readonly targetsMax: number;
    /** How many tasks of a client may be pending, where its record does not say; 0 is any number. */
    readonly pendingMax: number;
  };

/** What was read from a request to create a task. */
export type CreateTaskCall = {
  readonly request: TaskRequest;
  readonly origin?: Origin;
  readonly idempotency?: Idempotency | undefined;
};

/**
 * Creates a task, durable when this resolves, and wakes the workers. A call with a known idempotency key is answered with the
 * task of the first such call before anything is judged: its profile or its source may be gone by now.
 *
 * @param read - reads the request; if it throws, the call is refused, and its nonce is used up nevertheless
 * @returns the task's id
 * @throws {TaskError} `service_unavailable` while no task is taken; `request_replayed` before anything else; what `read` and judging
 *   throw; `idempotency_conflict`, `too_many_requests`, `task_conflict`
 */
export async function createTask(
  ports: CreateTaskPorts,
  caller: Caller,
  read: () => Promise<CreateTaskCall>,
): Promise<string> {
  // Before the nonce, which is kept no more than a task would be: the same call may come again.
  ports.refuseWhileClosed();
  const { nonce } = caller;
  let judged: JudgedCall;
  try {
    judged = await judgeCall(ports, caller, read);
  } catch (error) {
    // The store has not seen it yet. A nonce that was used before is reported first.
    await ports.clients.useNonce(nonce);
    throw error;
  }
  if ("first" in judged) {
    await ports.clients.useNonce(nonce);
    return judged.first;
  }
  const { task, idempotency } = judged;
  const id = await ports.tasks.create(task, {
    nonce,
    pendingMax: caller.pendingMax ?? ports.pendingMax,
    ...(idempotency && { idempotency }),
  });
  ports.queue.announceWork();
  return id;
}

/** The task that a call asks for, or that of the first call with its idempotency key. */
type JudgedCall =
  | { readonly task: NewTask; readonly idempotency: Idempotency | undefined }
  | { readonly first: string };

async function judgeCall(
  ports: CreateTaskPorts,
  caller: Caller,
  read: () => Promise<CreateTaskCall>,
): Promise<JudgedCall> {
  const { request, origin, idempotency } = await read();
  const first =
    idempotency && (await ports.tasks.findByIdempotency(caller.clientCode, idempotency));
  if (first !== undefined) return { first };
  const task = await judgeTask(ports, caller, request);
  return { task: origin ? { ...task, origin } : task, idempotency };
}

/** What judging a task needs. */
export type JudgeTaskPorts = JudgePorts &
  AssignPorts &
  Pick<CreateTaskPorts, "defaultProfile" | "targetsMax">;

/**
 * Judges what a caller asks for: its addresses, its profiles, and whether the engine here can make that.
 *
 * @throws {TaskError} `invalid_parameter`, `access_denied`, `no_such_profile`, `input_not_supported`, `output_not_supported`
 */
export async function judgeTask(
  ports: JudgeTaskPorts,
  caller: Pick<Caller, "clientCode" | "notification" | "webhookSecrets" | "reach">,
  request: TaskRequest,
): Promise<NewTask> {
  const { clientCode } = caller;
  const { profileName = ports.defaultProfile, timeoutSeconds, metadata, clip, extras } = request;
  const judges = judgesOf(ports, caller);
  const addresses = await judgeAddresses(judges, ports.targetsMax, request);
  if (isAnyLive(addresses)) await refuseLiveHere(ports, addresses, request);
  const { assignments, customProfiles } = await assign(
    ports,
    clientCode,
    profileName,
    request.targets,
    addresses,
  );
  if (extras?.sources) refuseImpossibleJoin(assignments, await ports.capabilities());
  if (extras) refuseUnusedSubtitles(extras, assignments);
  if (extras?.growing) await refuseGrowing(ports, assignments, addresses);
  const { targets } = request;
  const further = furtherInputsOf({ assignments, extras, targets });
  if (further.length > 0) await judgeFurther(judges, further, addresses);
  const notification = judgeNotification(caller, request.notification);
  const folderKeys = claimFolders(addresses.targets, assignments);
  return {
    clientCode,
    sourceUrl: request.sourceUrl,
    ...(addresses.source.live && { isLive: true }),
    profileName,
    targets: request.targets.map(({ url, profileName: name }, index) => {
      const folderKey = folderKeys[index];
      return {
        url,
        ...(name === undefined ? {} : { profileName: name }),
        key: addresses.targets[index]?.key ?? url,
        ...(folderKey === undefined ? {} : { folderKey }),
      };
    }),
    assignments,
    customProfiles,
    priority: request.priority,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(clip === undefined ? {} : { clip }),
    ...(extras === undefined ? {} : { extras }),
    ...(notification === undefined ? {} : { notification }),
  };
}

/** The addresses of a task, judged one after the other, so that the error is about the first bad one. */
async function judgeAddresses(
  storages: readonly AddressJudge[],
  targetsMax: number,
  { sourceUrl, extras, targets }: TaskRequest,
): Promise<Addresses> {
  if (targets.length > targetsMax)
    throw refuseField("targets", `${targets.length} targets are more than ${targetsMax}`);
  const source = await judgeAddress(storages, "source", sourceUrl, sourcePathOf(extras));
  const seen = new Map<string, number>();
  const addresses: Address[] = [];
  for (const [index, { url }] of targets.entries()) {
    const path = `targets[${index}].target_url`;
    const address = await judgeAddress(storages, "target", url, path);
    const twin = seen.get(address.key);
    if (address.key === source.key) throw refuseField(path, "the target is the source itself");
    if (twin !== undefined) throw refuseField(path, `the target is the same as targets[${twin}]`);
    seen.set(address.key, index);
    addresses.push(address);
  }
  return { source, targets: addresses };
}

/** Refuses what cannot be published while it is made. */
async function refuseGrowing(
  ports: AssignPorts,
  assignments: readonly Assignment[],
  addresses: Addresses,
): Promise<void> {
  const fault = growingFault({ ...addresses, assignments }, await ports.capabilities());
  if (fault !== undefined) throw refuseField("publish", fault);
}

/** The field that the source comes from. */
const sourcePathOf = (extras: Extras | undefined): string =>
  extras?.sources ? "sources[0].source_url" : "source.source_url";

/** Refuses live addresses that the engine here cannot reach, and requests that no live stream can fulfil. */
async function refuseLiveHere(
  ports: AssignPorts,
  { source, targets }: Addresses,
  { clip, extras }: Pick<TaskRequest, "clip" | "extras">,
): Promise<void> {
  const addresses = [
    { live: source.live, side: "source", path: sourcePathOf(extras) } as const,
    ...targets.map(
      ({ live }, at) => ({ live, side: "target", path: `targets[${at}].target_url` }) as const,
    ),
  ];
  for (const { live, side, path } of addresses) {
    if (!live) continue;
    if (clip) throw refuseField("clip", "a live task has no parts to choose from");
    if (extras?.title !== undefined) throw refuseField("title", "a live task has none");
    const lack = liveLack(live, side, await ports.capabilities());
    if (lack === undefined) continue;
    const message = `Cannot use the ${side}: ${lack}`;
    throw new TaskError(unsupportedCode(side), message, { fields: [{ path, message }] });
  }
}
