import type { QueueKey } from "../../../src/queue/postgres/queue-name.ts";
import type { TaskRow } from "../../../src/task/row.ts";
import { Heap } from "./heap.ts";

/** A row as the tables have it. */
export type MemoryRow = TaskRow & { readonly seq: number; readonly needs: string };

/** An entry of pg-boss; a task has one at most. */
type Entry = { readonly id: string; readonly urgency: number; readonly number: number };

/** The tasks of one client that need the same of a worker, as one queue of pg-boss has them. */
type Kind = QueueKey & {
  /** pg-boss's own order. */
  readonly entries: Heap<Entry>;
  /** The order in which turns look at rows. Some are ready no more: they are dropped as they come first. */
  readonly rows: Heap<MemoryRow>;
  ready: number;
};

/** What a worker is given next, of one client. */
export type Head = { readonly kind: QueueKey; readonly priority: number; readonly seq: number };

type RowOf = (id: string) => MemoryRow | undefined;

export const isReady = (row: MemoryRow | undefined): row is MemoryRow =>
  row?.status === "PENDING" && row.notBeforeMs === null;

/** Tasks that are ready, by clients and by what they need, with their entries: what the indexes of the tables and the queues of pg-boss are. */
export class Ready {
  readonly #rowOf: RowOf;
  readonly #kinds = new Map<string, Map<string, Kind>>();
  readonly #readyOf = new Map<string, number>();
  readonly #entryIds = new Set<string>();
  #clients: string[] = [];
  #entryNumber = 0;
  count = 0;

  constructor(rowOf: RowOf) {
    this.#rowOf = rowOf;
  }

  /** Clients with ready tasks, in the order of their codes. */
  get clients(): readonly string[] {
    return this.#clients;
  }

  has(client: string): boolean {
    return (this.#readyOf.get(client) ?? 0) > 0;
  }

  get entries(): number {
    return this.#entryIds.size;
  }

  /** To be called after a change of a row. */
  changed(before: MemoryRow | undefined, row: MemoryRow): void {
    const was = isReady(before);
    if (was === isReady(row)) return;
    this.#count(row, was ? -1 : 1);
    if (was) return;
    const kind = this.#kindOf(row);
    kind.rows.push(row);
    if (this.#entryIds.has(row.id)) return;
    this.#entryIds.add(row.id);
    // As `entries.ts` has it.
    const urgency = 2 * row.priority + (row.attempt > 0 ? 1 : 0);
    kind.entries.push({ id: row.id, urgency, number: this.#entryNumber++ });
  }

  /** The most urgent task of a client that a worker may take. */
  headOf(client: string, abilities: ReadonlySet<string> | null, mayBeLive: boolean) {
    let head: Head | undefined;
    for (const kind of this.#kinds.get(client)?.values() ?? []) {
      if (kind.ready === 0 || (kind.isLive && !mayBeLive) || !meets(kind.needs, abilities))
        continue;
      const first = this.#firstOf(kind);
      if (!first) continue;
      const isFirst =
        !head ||
        first.priority > head.priority ||
        (first.priority === head.priority && first.seq < head.seq);
      if (isFirst) head = { kind, priority: first.priority, seq: first.seq };
    }
    return head;
  }

  /** Takes the first entry out of a queue that is of a ready task. */
  take({ clientCode, needs, isLive }: QueueKey): MemoryRow | undefined {
    const entries = this.#kinds.get(clientCode)?.get(nameOf(needs, isLive))?.entries;
    for (;;) {
      const entry = entries?.pop();
      if (!entry) return undefined;
      this.#entryIds.delete(entry.id);
      const row = this.#rowOf(entry.id);
      if (isReady(row)) return row;
    }
  }

  #firstOf(kind: Kind): MemoryRow | undefined {
    for (;;) {
      const first = kind.rows.peek();
      if (!first || isReady(this.#rowOf(first.id))) return first;
      kind.rows.pop();
    }
  }

  #count(row: MemoryRow, change: 1 | -1): void {
    const { clientCode } = row;
    this.#kindOf(row).ready += change;
    this.count += change;
    const ready = (this.#readyOf.get(clientCode) ?? 0) + change;
    this.#readyOf.set(clientCode, ready);
    if (ready === 0) this.#clients = this.#clients.filter((code) => code !== clientCode);
    if (ready === 1 && change === 1) {
      const at = this.#clients.findIndex((code) => code > clientCode);
      this.#clients = this.#clients.toSpliced(at < 0 ? this.#clients.length : at, 0, clientCode);
    }
  }

  #kindOf({ clientCode, needs, isLive }: QueueKey): Kind {
    const kinds = this.#kinds.get(clientCode) ?? new Map<string, Kind>();
    this.#kinds.set(clientCode, kinds);
    const name = nameOf(needs, isLive);
    const kind = kinds.get(name) ?? {
      ...{ clientCode, needs, isLive, ready: 0 },
      entries: new Heap<Entry>(
        (a, b) => a.urgency > b.urgency || (a.urgency === b.urgency && a.number < b.number),
      ),
      rows: new Heap<MemoryRow>(
        (a, b) => a.priority > b.priority || (a.priority === b.priority && a.seq < b.seq),
      ),
    };
    kinds.set(name, kind);
    return kind;
  }
}

const nameOf = (needs: string, isLive: boolean): string => `${isLive} ${needs}`;

const meets = (needs: string, abilities: ReadonlySet<string> | null): boolean =>
  abilities === null || needs === "" || needs.split(" ").every((need) => abilities.has(need));
