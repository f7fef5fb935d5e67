import type { NewTask } from "../../../src/store/store.ts";
import { TaskError } from "../../../src/task/errors.ts";
import { isFinal } from "../../../src/task/status.ts";
import type { Claim, TaskEvent } from "../../../src/task/task.ts";
import { Heap } from "./heap.ts";
import { isReady, type MemoryRow, Ready } from "./ready.ts";

/** No task waits so long for its next run, as `src/queue/postgres/postgres.ts` has it. */
const WAIT_MS_MAX = 3_600_000;

/** Told of each change. */
export type OnChange = (row: MemoryRow, events: readonly TaskEvent[]) => void;

type Waiting = { readonly atMs: number; readonly id: string };

/** How many rows the tables have that grow with the work. */
export type TableSizes = Readonly<
  Record<"pending" | "running" | "ended" | "entries" | "events" | "targets", number>
>;

/** The rows of tasks, by what claims and upkeep look for. */
export class Rows {
  readonly ready = new Ready((id) => this.#rows.get(id));
  readonly #keepsEnded: boolean;
  readonly #onChange: OnChange | undefined;
  readonly #rows = new Map<string, MemoryRow>();
  readonly #running = new Map<string, MemoryRow>();
  readonly #runningOf = new Map<string, number>();
  readonly #holders = new Map<string, string>();
  readonly #assignments = new Map<string, NewTask["assignments"]>();
  readonly #waiting = new Heap<Waiting>((a, b) => a.atMs < b.atMs);
  #seq = 0;
  #events = 0;
  #ended = 0;
  #waits = 0;

  /** @param keepsEnded - whether tasks that have ended are kept */
  constructor(keepsEnded: boolean, onChange: OnChange | undefined) {
    this.#keepsEnded = keepsEnded;
    this.#onChange = onChange;
  }

  get sizes(): TableSizes {
    return {
      pending: this.ready.count + this.#waits,
      running: this.#running.size,
      ended: this.#ended,
      entries: this.ready.entries,
      events: this.#events,
      targets: this.#holders.size,
    };
  }

  /** All that are kept, in the order of their creation. */
  get all(): readonly MemoryRow[] {
    return [...this.#rows.values()];
  }

  get running(): readonly MemoryRow[] {
    return [...this.#running.values()];
  }

  runningOf(client: string): number {
    return this.#runningOf.get(client) ?? 0;
  }

  assignmentsOf(id: string): NewTask["assignments"] {
    return this.#assignments.get(id) ?? [];
  }

  /** @throws {TaskError} `no_such_task` */
  get(id: string): MemoryRow {
    const row = this.#rows.get(id);
    if (!row) throw new TaskError("no_such_task", `Cannot find task "${id}": there is none`);
    return row;
  }

  /** The row that a claim holds. */
  held({ taskId, attempt }: Claim): MemoryRow | undefined {
    const row = this.#running.get(taskId);
    return row?.attempt === attempt ? row : undefined;
  }

  /** Adds a row, which has no place yet. */
  add(
    row: Omit<MemoryRow, "seq">,
    assignments: NewTask["assignments"],
    events: readonly TaskEvent[],
  ): void {
    this.hold(row);
    this.#assignments.set(row.id, assignments);
    this.#seq += 1;
    this.#change(undefined, { ...row, seq: this.#seq }, events);
  }

  /** Writes a changed row with its events. */
  write(row: MemoryRow, events: readonly TaskEvent[]): void {
    this.#change(this.#rows.get(row.id), row, events);
  }

  /** Writes what of a row changes neither its state nor its log. */
  put(row: MemoryRow): void {
    this.#rows.set(row.id, row);
    if (row.status === "RUNNING") this.#running.set(row.id, row);
    else this.#running.delete(row.id);
  }

  /** Makes the targets of a task its own. @throws {TaskError} `task_conflict` */
  hold({ id, targets }: Pick<MemoryRow, "id" | "targets">): void {
    const open = targets.filter(({ status }) => status !== "SUCCESS");
    const taken = open.find(({ key }) => this.#holders.has(key));
    if (taken) throw new TaskError("task_conflict", `Cannot write "${taken.url}": it is taken`);
    for (const { key } of open) this.#holders.set(key, id);
  }

  /** Makes those ready that have waited for their next try. */
  makeReady(nowMs: number): void {
    for (;;) {
      const atMs = this.nextDueMs(nowMs);
      if (atMs === undefined || atMs > nowMs) return;
      const row = this.#rows.get(this.#waiting.pop()?.id ?? "");
      if (row) this.#change(row, { ...row, notBeforeMs: null }, []);
    }
  }

  /** When the first of those falls due that wait for their next try. */
  nextDueMs(nowMs: number): number | undefined {
    for (;;) {
      const first = this.#waiting.peek();
      if (!first) return undefined;
      const row = this.#rows.get(first.id);
      if (row?.status === "PENDING" && row.notBeforeMs === first.atMs)
        return first.atMs > nowMs + WAIT_MS_MAX ? nowMs : first.atMs;
      this.#waiting.pop();
    }
  }

  #change(before: MemoryRow | undefined, row: MemoryRow, events: readonly TaskEvent[]): void {
    this.put(row);
    this.#events += events.length;
    this.#waits += isWaiting(row) - isWaiting(before);
    if (isWaiting(row)) this.#waiting.push({ atMs: row.notBeforeMs ?? 0, id: row.id });
    const runs = isIn(row, "RUNNING") - isIn(before, "RUNNING");
    if (runs !== 0) this.#runningOf.set(row.clientCode, this.runningOf(row.clientCode) + runs);
    this.ready.changed(before, row);
    if (isFinal(row.status)) this.#release(row);
    else if (before && isFinal(before.status)) this.#ended -= 1;
    this.#onChange?.(row, events);
  }

  #release({ id, targets }: MemoryRow): void {
    this.#ended += 1;
    for (const { key } of targets) if (this.#holders.get(key) === id) this.#holders.delete(key);
    if (this.#keepsEnded) return;
    this.#rows.delete(id);
    this.#assignments.delete(id);
  }
}

const isIn = (row: MemoryRow | undefined, status: MemoryRow["status"]): number =>
  row?.status === status ? 1 : 0;
const isWaiting = (row: MemoryRow | undefined): number => (isReady(row) ? 0 : isIn(row, "PENDING"));
