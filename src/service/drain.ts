/** How soon it is looked again whether there is something to hand back. */
const AGAIN_MS = 1_000;

/** What a drain needs of the worker of this service. */
export type DrainedWorker = {
  readonly running: number;
  /** Whether nothing runs, and nothing is being taken up. */
  readonly isIdle: boolean;
  /** Ends all runs and gives their tasks back. @returns how many */
  handBack(): number;
};

/** How far a drain is. Times in ms since the epoch. */
export type DrainStanding =
  | { readonly isOn: false; readonly running: number }
  | {
      readonly isOn: true;
      readonly running: number;
      /** Nothing runs here any more, and nothing will: the service can be stopped. */
      readonly isDone: boolean;
      readonly sinceMs: number;
      /** When what runs then is handed back; absent if it may run to its end. */
      readonly handBackMs?: number;
      readonly handedBack: number;
    };

type DrainPorts = {
  /** Undefined while the service starts. */
  readonly worker: () => DrainedWorker | undefined;
  /** ms since the epoch */
  readonly now: () => number;
  /** Called when tasks may be taken up again. */
  readonly onEnd: () => void;
  /** Called when it begins and when it ends. */
  readonly onChange?: () => void;
};

/**
 * Empties this service of work, before it is stopped or its machine is looked after: it takes no new tasks up, and finishes those that
 * run, or hands them back to others. Calls are answered as ever. It is a state of this process: a service that starts takes tasks up.
 */
export class Drain {
  readonly #ports: DrainPorts;
  #on: { readonly sinceMs: number; handBackMs?: number; handedBack: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: DrainPorts) {
    this.#ports = ports;
  }

  /** Whether no task may be taken up. */
  readonly isOn = (): boolean => this.#on !== undefined;

  /**
   * Begins it, or changes when it hands back.
   *
   * @param handBackAfterMs - how long what runs may go on; without it, to its end
   */
  begin(handBackAfterMs: number | undefined): DrainStanding {
    clearTimeout(this.#timer);
    const { sinceMs = this.#ports.now(), handedBack = 0 } = this.#on ?? {};
    if (!this.#on) this.#ports.onChange?.();
    this.#on = { sinceMs, handedBack };
    if (handBackAfterMs !== undefined) {
      this.#on.handBackMs = this.#ports.now() + handBackAfterMs;
      if (handBackAfterMs === 0) this.#handBack();
      else this.#timer = setTimeout(() => this.#handBack(), handBackAfterMs).unref();
    }
    return this.standing();
  }

  /** Ends it: tasks are taken up again. */
  end(): DrainStanding {
    clearTimeout(this.#timer);
    const wasOn = this.#on !== undefined;
    this.#on = undefined;
    if (wasOn) this.#ports.onEnd();
    if (wasOn) this.#ports.onChange?.();
    return this.standing();
  }

  /** How far it is. */
  standing(): DrainStanding {
    const worker = this.#ports.worker();
    const running = worker?.running ?? 0;
    if (!this.#on) return { isOn: false, running };
    return { isOn: true, running, isDone: worker?.isIdle ?? true, ...this.#on };
  }

  #handBack(): void {
    if (!this.#on) return;
    const worker = this.#ports.worker();
    this.#on.handedBack += worker?.handBack() ?? 0;
    // What was being taken up when the drain began runs only now.
    if (worker && !worker.isIdle)
      this.#timer = setTimeout(() => this.#handBack(), AGAIN_MS).unref();
  }
}
