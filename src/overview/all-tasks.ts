import { NOBODY } from "../db/rows/deleted.ts";
import { TaskError } from "../task/errors.ts";
import { type TaskRow, taskOf } from "../task/row.ts";
import type { SeenTask, TasksPage, TasksQuery } from "./overview.ts";

/** How many tasks are looked at together; in SQLite nothing else is answered meanwhile, for about a millisecond. */
const BATCH = 500;
/** How many one page looks at: with filters that hardly any task meets, it may end before it is full. */
const LOOKED_MAX = 10_000;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Above every id. */
export const TOP = "g";

/** The least id of a millisecond: ids begin with their time. */
function idAt(ms: number): string {
  const time = Math.min(Math.max(0, Math.ceil(ms)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

/** The time that an id begins with. */
export const msOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** What filters ask of a task. */
export type Found = Pick<
  TaskRow,
  "id" | "clientCode" | "status" | "profileName" | "failure" | "metadata"
> & { readonly seq: number };

/** Below this id and from that one on, so many at most. */
export type Span = { readonly below: string; readonly from: string; readonly most: number };

/** Where the tasks of all clients are kept. */
export type TaskFinder = {
  /** The newest of those that may be wanted, by their ids; fewer than the span takes only if there are no more. */
  find(query: TasksQuery, span: Span): Promise<readonly Found[]>;
  /** Tasks whole, newest first; those that were deleted since are left out. */
  read(seqs: readonly number[]): Promise<readonly SeenTask[]>;
};

/**
 * A page of the tasks of all clients, newest first. Their order is that of their ids, which begin with the time of their creation. What is
 * found is held against the filters, a bounded number of tasks a page.
 *
 * @throws {TaskError} `invalid_parameter` if the cursor is none
 */
export async function pageOfAll(finder: TaskFinder, query: TasksQuery): Promise<TasksPage> {
  const { limit, createdAfterMs, createdBeforeMs } = query;
  const from = createdAfterMs === undefined ? "" : idAt(createdAfterMs + 1);
  let below = createdBeforeMs === undefined ? TOP : idAt(createdBeforeMs);
  const cursor = query.cursor === undefined ? TOP : idOf(query.cursor);
  if (cursor < below) below = cursor;
  const wanted: Found[] = [];
  let looked = 0;
  let isMore = true;
  while (isMore && wanted.length <= limit && looked < LOOKED_MAX) {
    // Where most of what is looked at is wanted, few are enough.
    const most = looked === 0 ? limit + 1 : BATCH;
    const span = { below, from, most };
    const batch = await finder.find(query, span);
    isMore = batch.length === most;
    looked += batch.length;
    below = batch.at(-1)?.id ?? below;
    wanted.push(...batch.filter((found) => isWanted(found, query)));
    // Others are answered in between.
    if (isMore) await new Promise((resolve) => setImmediate(resolve));
  }
  const shown = wanted.slice(0, limit);
  // A page that is full ends with its last task, one that looked at enough where it stopped.
  const last = wanted.length > limit ? shown.at(-1)?.id : isMore ? below : undefined;
  const seqs = shown.map(({ seq }) => seq);
  return {
    tasks: seqs.length === 0 ? [] : await finder.read(seqs),
    ...(last && { nextCursor: last }),
  };
}

/** The task of a row, with who runs it. */
export const seenTask = (row: TaskRow): SeenTask => ({
  task: taskOf(row),
  ...(row.workerId !== null && { workerId: row.workerId }),
});

/** @throws {TaskError} `no_such_task` if there is no row, or its task is deleted */
export function seenUnlessDeleted(row: TaskRow | undefined, id: string): SeenTask {
  if (row && row.clientCode !== NOBODY) return seenTask(row);
  throw new TaskError("no_such_task", `Cannot find task "${id}": there is none`);
}

function idOf(cursor: string): string {
  if (ID.test(cursor)) return cursor;
  const message = `Cannot list tasks: the cursor "${cursor}" is not one`;
  throw new TaskError("invalid_parameter", message, { fields: [{ path: "cursor", message }] });
}

function isWanted(
  { clientCode, status, profileName, failure, metadata }: Found,
  query: TasksQuery,
): boolean {
  const { statuses, codes } = query;
  return (
    clientCode !== NOBODY &&
    (statuses === undefined || statuses.includes(status)) &&
    (codes === undefined || (failure !== null && codes.includes(failure.code))) &&
    (query.profileName ?? profileName) === profileName &&
    Object.entries(query.metadata ?? {}).every(([key, value]) => metadata?.[key] === value)
  );
}
