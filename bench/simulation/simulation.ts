import { COUNTED_MS, COUNTED_MS_EACH, KEEPERS } from "../../src/fleet/census.ts";
import { HEARTBEATS } from "../../src/worker/loop/leases.ts";
import type { RetryLimits } from "../../src/worker/retry.ts";
import { Random } from "../../test/simulation/random.ts";
import { DatabaseModel, type ServerOptions } from "./database-model.ts";
import { type ComingClient, comingClients, type LoadOptions } from "./load.ts";
import { MemoryFleet } from "./memory/memory-fleet.ts";
import { isReady, type MemoryRow } from "./memory/ready.ts";
import { Notices } from "./notices.ts";
import { Records } from "./records.ts";
import { simQueue } from "./sim-queue.ts";
import { SimWorker, type WorkerParts } from "./sim-worker.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What is simulated. */
export type SimulationOptions = LoadOptions & {
  readonly seed: number;
  readonly workers: number;
  readonly slots: number;
  readonly leaseMs: number;
  /** How often a worker dies, on average, in ms; another takes its place a minute later. */
  readonly deathMs: number;
  /** Whether it ends with the day, whatever is left to do. */
  readonly endsWithDay?: boolean;
  /** Between two idle nodes that look for the same work, in ms. */
  readonly apartMs: number;
  readonly server: ServerOptions;
};

const START_MS = 1_700_000_000_000;
const RETRIES: RetryLimits = { attemptsMax: 3, retryMaxMs: 3_600_000 };
const AWAY_MS = 60_000;
/** After so many days it will never end. */
const LONGEST_DAYS = 50;
/** Of a hundred runs so many fail for a cause that passes, and so many for one that does not. */
const FAILS = { source_unreachable: 0.02, source_damaged: 0.01 } as const;
/** A twentieth of the workers can what few tasks need. */
const COMMON = ["x264"] as const;
const ALL = ["av1", "x264"] as const;
const ABLE_EVERY = 20;
/** What each node does whether there is work or not, and how often, in ms; see `upkeepOf`. */
const BEATS = { beat: 5_000, clock: 30_000 } as const;
/** What those alone do that look after what is of nobody. */
const KEPT = { sweep: 2_000, tell: 1_000 } as const;
const EVERY_MS = 1_000;
/** So long the dead are counted, too. */
const SILENT_MS = 30_000;

const TASK = {
  sourceUrl: "https://media.example/in.mp4",
  profileName: "video_mp4_1280x720_1500kbps",
  assignments: [],
  customProfiles: [],
  priority: 0,
} as const;

const censusMsOf = (nodes: number): number => COUNTED_MS + nodes * COUNTED_MS_EACH;

/** One day of a fleet. */
export class Simulation {
  readonly records: Records;
  readonly database: DatabaseModel;
  readonly fleet: MemoryFleet;
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #time = new VirtualTime(START_MS);
  readonly #notices: Notices;
  readonly #workers = new Set<SimWorker>();
  /** Those that are dead and not known to be. */
  readonly #silent = new Set<SimWorker>();
  readonly #runMs = new Map<string, number>();
  readonly #parts: WorkerParts;
  #made = 0;
  #ended = 0;
  #workersMade = 0;
  #countMs = 0;

  constructor(options: SimulationOptions) {
    const { seed, server, leaseMs } = options;
    this.#options = options;
    this.#random = new Random(seed);
    const { apartMs } = options;
    this.database = new DatabaseModel(this.#time, server);
    this.#notices = new Notices(this.#time, {
      chance: () => this.#random.next(),
      apartMs,
      onTold: () => this.database.tell(),
    });
    this.records = new Records(this.#time);
    this.fleet = new MemoryFleet({
      now: this.#time.now,
      leaseMs,
      attemptsMax: RETRIES.attemptsMax,
      onChange: (row) => this.#changed(row),
    });
    this.#parts = {
      time: this.#time,
      database: this.database,
      fleet: this.fleet,
      leaseMs,
      retries: RETRIES,
      runOf: ({ taskId }) => ({ runMs: this.#runMs.get(taskId) ?? 0, ...this.#failure() }),
      onRun: (code, ms) => this.records.ran(code, ms),
    };
  }

  /** Lets the day pass, until all tasks have ended. */
  async run(): Promise<void> {
    // Time goes on from outside of all that is awaited.
    await new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        try {
          this.#run();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #run(): void {
    const { workers } = this.#options;
    const clients = comingClients(this.#random, this.#options);
    for (const client of clients) {
      const { weight } = client.class;
      this.fleet.turns.record(client.code, { weight, runningMax: null });
      this.records.client(client.code, client.class);
      this.#comeNext(client, 0);
    }
    for (let made = 0; made < workers; made += 1) this.#hire();
    const { endsWithDay = false, dayMs } = this.#options;
    if (endsWithDay) this.#time.at(START_MS + dayMs, () => this.#time.end());
    this.#upkeep();
    this.#time.run();
  }

  /** When it is over, in ms from its beginning. */
  get lastedMs(): number {
    return this.#time.now() - START_MS;
  }

  #comeNext(client: ComingClient, at: number): void {
    const comesMs = client.times[at];
    if (comesMs === undefined) return;
    this.#time.at(START_MS + comesMs, () => {
      this.#create(client);
      this.#comeNext(client, at + 1);
    });
  }

  #create({ code, class: { needs }, runMs }: ComingClient): void {
    const number = this.#made++;
    const id = `task-${number}`;
    this.#runMs.set(id, runMs());
    const url = `https://media.example/out-${number}.mp4`;
    const task = { ...TASK, clientCode: code, targets: [{ url, key: url }] };
    this.#time.at(this.database.charge("create", 1), () => this.fleet.create(id, task, needs));
  }

  /** A new worker in the place of one that is no more; it will die some time, too. */
  #hire(): void {
    const number = this.#workersMade++;
    const abilities = number % ABLE_EVERY === 0 ? ALL : COMMON;
    const parts = { ...this.#parts, notices: this.#notices };
    const self = { id: `worker-${number}`, engine: "native", abilities } as const;
    const own = { slots: this.#options.slots, place: this.#random.next() };
    const worker = new SimWorker(self, own, (who) => simQueue(parts, who), parts);
    this.#workers.add(worker);
    this.records.hired(self);
    this.database.listeners = this.#workers.size;
    this.#notices.hearers = this.#workers.size;
    // Not all at the same moment: they were not started so either.
    this.#time.at(this.#time.now() + this.#random.next() * EVERY_MS, () => worker.start());
    const { deathMs } = this.#options;
    const diesMs = -Math.log(1 - this.#random.next()) * deathMs;
    this.#time.at(this.#time.now() + diesMs, () => {
      worker.die();
      this.#workers.delete(worker);
      this.#silent.add(worker);
      this.#time.at(this.#time.now() + SILENT_MS, () => this.#silent.delete(worker));
      this.records.died(worker.running);
      this.#time.at(this.#time.now() + AWAY_MS, () => this.#hire());
    });
  }

  /** What nodes ask again and again is charged once a second for all of them. */
  #upkeep(): void {
    const nodes = this.#workers.size;
    for (const [name, everyMs] of Object.entries(BEATS))
      this.database.charge(name as keyof typeof BEATS, (nodes * EVERY_MS) / everyMs);
    const keepers = [...this.#workers].filter(({ isKeeper }) => isKeeper);
    for (const [name, everyMs] of Object.entries(KEPT))
      this.database.charge(name as keyof typeof KEPT, (keepers.length * EVERY_MS) / everyMs);
    // Those that run something ask by themselves.
    const idle = keepers.filter(({ running }) => running === 0).length;
    this.database.charge("expire", (idle * EVERY_MS * HEARTBEATS) / this.#options.leaseMs);
    if (idle > 0) this.fleet.expireLeases();
    if (this.lastedMs > LONGEST_DAYS * this.#options.dayMs)
      throw new Error(`Cannot end the day: ${this.#ended} tasks of ${this.#made} have ended`);
    this.database.charge("census", (nodes * EVERY_MS) / censusMsOf(nodes));
    this.#count();
    this.records.look(this.fleet, this.database, nodes * this.#options.slots);
    this.#time.at(this.#time.now() + EVERY_MS, () => this.#upkeep());
  }

  /** As `src/fleet/census.ts` does: not at each moment. */
  #count(): void {
    const nowMs = this.#time.now();
    if (nowMs < this.#countMs) return;
    const idle = [...this.#workers].filter(({ running, slots }) => running < slots).length;
    this.#notices.idleNodes = Math.max(1, idle);
    this.#countMs = nowMs + censusMsOf(this.#workers.size);
    const known = [...this.#workers, ...this.#silent].toSorted((a, b) => a.place - b.place);
    for (const [at, worker] of known.entries()) worker.keeps(at < KEEPERS);
  }

  #failure() {
    const share = this.#random.next();
    if (share < FAILS.source_unreachable) return { fails: "source_unreachable" } as const;
    if (share < FAILS.source_unreachable + FAILS.source_damaged)
      return { fails: "source_damaged" } as const;
    return {};
  }

  #changed(row: MemoryRow): void {
    this.records.changed(row);
    if (isReady(row)) this.#notices.tell();
    if (row.endMs === null) return;
    this.#runMs.delete(row.id);
    this.#ended += 1;
    if (this.#ended === this.#options.tasks) this.#time.end();
  }
}
