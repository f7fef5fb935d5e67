import { getLogger } from "@logtape/logtape";
import type { TaskStore } from "../store/store.ts";
import type { Claim, LogText } from "../task/task.ts";

const log = getLogger(["pontus", "worker"]);

/** How many of the last lines of the encoder are kept, and how many decisions. */
const ENTRIES_MAX = 200;
/** Of one entry: the arguments of a run for a ladder take some thousands. */
const ENTRY_CHARS_MAX = 8_000;
/** Of all lines, and of all decisions: what a task takes of the database stays small. */
const CHARS_MAX = 64_000;
/** How long what was said waits to be written while a run goes on. */
const SAVE_MS = 2_000;

/** Addresses in the memory of ffmpeg say nothing to anybody. */
const ADDRESS = / @ (?:0x)?[0-9a-f]{1,16}(?=\])/g;

/** The last entries of a list that would grow without end. */
class Last {
  #entries: string[] = [];
  #chars = 0;

  push(text: string): void {
    const entry = text.slice(0, ENTRY_CHARS_MAX);
    this.#entries.push(entry);
    this.#chars += entry.length;
    while (this.#entries.length > ENTRIES_MAX || this.#chars > CHARS_MAX)
      this.#chars -= this.#entries.shift()?.length ?? 0;
  }

  get all(): readonly string[] {
    return [...this.#entries];
  }
}

/** What one run says, for those who ask why it went as it did. It is written a little later than it is said. */
export class RunLog {
  readonly #lines = new Last();
  readonly #decisions = new Last();
  readonly #save: (text: LogText) => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isUnsaved = false;

  readonly #saveMs: number;

  /** @param save - writes what was said so far; its failures are its own */
  constructor(save: (text: LogText) => Promise<void>, saveMs = SAVE_MS) {
    this.#save = save;
    this.#saveMs = saveMs;
  }

  /** Takes a line of an encoder. */
  line(text: string): void {
    this.#lines.push(text.replace(ADDRESS, ""));
    this.#saveLater();
  }

  /** Takes what was found or decided: one English sentence without a final period. */
  decide(sentence: string): void {
    this.#decisions.push(sentence);
    this.#saveLater();
  }

  /** Writes what is not written yet. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isUnsaved) return;
    this.#isUnsaved = false;
    await this.#save({ lines: this.#lines.all, decisions: this.#decisions.all });
  }

  #saveLater(): void {
    this.#isUnsaved = true;
    this.#timer ??= setTimeout(() => void this.save(), this.#saveMs);
  }
}

/** Writes what a claimed run says to the store. It is for those who ask why: the run goes on if that fails. */
export const savingLog =
  (store: Pick<TaskStore, "saveLog">, claim: Claim) =>
  async (text: LogText): Promise<void> => {
    try {
      await store.saveLog(claim, text);
    } catch (error) {
      log.info("Cannot write the log of task {taskId}: {error}", { taskId: claim.taskId, error });
    }
  };
