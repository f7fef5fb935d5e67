import { TaskError } from "../task/errors.ts";

/** How a part stands that new tasks depend on: `detail` is one sentence part for the operator. */
export type Standing = {
  readonly ok: boolean;
  readonly detail: string;
  /** What it tells of in numbers. */
  readonly space?: { readonly freeBytes: number; readonly neededBytes: number };
};

/** How each part stands, by its name. */
export type Standings = Readonly<Record<string, Standing>>;

/** Who is told when new tasks are no longer taken, or are again; `why` is for the operator. */
export type IntakeListener = (why: string | undefined) => void;

/**
 * Whether new tasks are taken: created, and claimed. They are not while a part stands badly that every task needs, such as the disk.
 * The parts are looked at every now and then rather than for each create, which costs nothing then.
 */
export class Intake {
  readonly #look: () => Promise<Standings>;
  readonly #onChange: IntakeListener;
  #standings: Standings = {};
  #why: string | undefined;

  constructor(look: () => Promise<Standings>, onChange: IntakeListener) {
    this.#look = look;
    this.#onChange = onChange;
  }

  /** Looks at the parts now. */
  async look(): Promise<Standings> {
    this.#standings = await this.#look();
    const why = Object.values(this.#standings).find(({ ok }) => !ok)?.detail;
    const hasChanged = (why === undefined) !== (this.#why === undefined);
    this.#why = why;
    if (hasChanged) this.#onChange(why);
    return this.#standings;
  }

  /** Whether tasks are taken, as of the last look. */
  readonly isOpen = (): boolean => this.#why === undefined;

  /** @throws {TaskError} `service_unavailable` while no task is taken */
  readonly refuseWhileClosed = (): void => {
    if (this.#why !== undefined)
      throw new TaskError("service_unavailable", `Cannot take a task: ${this.#why}`);
  };
}
