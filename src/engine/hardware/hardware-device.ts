import { sleep } from "../../lib/sleep.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import type { Hardware } from "../../plan/device/hardware.ts";
import type { HardwareDevice, HardwareState, HardwareUse } from "../engine.ts";

/** How long a plan waits for the trials of a start: those of a device that works take a second or two. */
const WAIT_MS = 10_000;
/** After how long it is tried again what did not work; twice as long each time that it fails after that. */
const PAUSE_MS = 60_000;
const PAUSE_MS_MAX = 3_600_000;

/** What a device is found with. */
export type DeviceOptions = {
  /** Tries encoders out. @returns the device, or why there is none: half a sentence. Never rejects */
  readonly search: (signal: AbortSignal) => Promise<Hardware | string>;
  /** How many streams it encodes at once. */
  readonly sessionsMax: number;
  /** Told of each new result. */
  readonly onFound: (found: Hardware | string) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly nowMs: () => number;
};

/**
 * A device of hardware encoders, whose trials go on beside everything else.
 *
 * What they show is kept as long as the process lives and runs on the device succeed. A device that failed a run is tried again before
 * another run uses it.
 */
export class FoundDevice implements HardwareDevice {
  readonly #options: DeviceOptions;
  readonly #abort = new AbortController();
  #search: Promise<void> | undefined;
  #found: Hardware | undefined;
  #lack = "it is being tried out";
  #used = 0;
  #failures = 0;
  readonly #steps = { made: 0, failed: 0, busy: 0 };
  #againMs = Number.NEGATIVE_INFINITY;
  #isFirst = true;

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** Tries it out, unless that is done or under way. */
  begin(): void {
    const { nowMs } = this.#options;
    if (this.#found || this.#search || this.#abort.signal.aborted) return;
    if (nowMs() < this.#againMs) return;
    this.#search = this.#look().finally(() => {
      this.#search = undefined;
    });
  }

  async found(signal: AbortSignal): Promise<Hardware | undefined> {
    this.begin();
    // Later trials keep nobody waiting: by then there is software that works.
    if (this.#isFirst && this.#search) await unlessAborted(sleep(WAIT_MS, this.#search), signal);
    return this.#found;
  }

  take(sessions: number): HardwareUse | undefined {
    const found = this.#found;
    if (!found || this.#used + sessions > this.#options.sessionsMax) {
      this.#steps.busy += 1;
      return undefined;
    }
    this.#used += sessions;
    let isOver = false;
    const end = () => {
      if (!isOver) this.#used -= sessions;
      isOver = true;
    };
    return {
      end,
      worked: () => {
        this.#steps.made += 1;
        this.#failures = 0;
      },
      failed: (why) => {
        this.#steps.failed += 1;
        // Where several runs fail at once, the first has shown it; what was tried out since then has not failed.
        if (this.#found !== found) return;
        this.#found = undefined;
        this.#rest(why);
      },
    };
  }

  get state(): HardwareState {
    const { sessionsMax } = this.#options;
    const found = this.#found;
    return {
      sessions: found ? sessionsMax : 0,
      used: this.#used,
      steps: { ...this.#steps },
      detail: found ? tellDevice(found) : `no hardware encoder is used: ${this.#lack}`,
      isUsable: found !== undefined,
    };
  }

  /** Ends a trial that is under way. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#search;
  }

  async #look(): Promise<void> {
    const { search, onFound } = this.#options;
    const result = await search(this.#abort.signal);
    this.#isFirst = false;
    if (this.#abort.signal.aborted) return;
    if (typeof result === "string") {
      this.#rest(result);
    } else this.#found = result;
    onFound(result);
  }

  #rest(why: string): void {
    this.#lack = why;
    const pauseMs = Math.min(PAUSE_MS * 2 ** this.#failures++, PAUSE_MS_MAX);
    this.#againMs = this.#options.nowMs() + pauseMs;
  }
}

/** What a device does: `nvenc encodes h264, h265`. */
export function tellDevice({ family, device, encoders }: Hardware): string {
  const codecs = Object.keys(encoders).join(", ");
  return `${family}${device === undefined ? "" : ` (${device})`} encodes ${codecs}`;
}
