/** What the process of a command ends with; `docs/cli.md` says what each means. */
export const EXIT = {
  ok: 0,
  /** The task failed, `doctor` found a problem, or something went wrong that has no code of its own. */
  failed: 1,
  /** The command was called wrongly, or lacks what it needs to begin. */
  usage: 2,
  /** The service answered that it will not. */
  refused: 3,
  /** No service answers. */
  unreachable: 4,
  /** The task was cancelled. */
  cancelled: 5,
  /** Ended by Ctrl-C, as shells count it: 128 and the number of the signal. */
  interrupted: 130,
} as const;

/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the caller is told in one sentence. */
export class CliError extends Error {
  override readonly name = "CliError";

  /** @param answer - the service's own words, for `--json` */
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly answer?: { readonly code: string; readonly request_id?: string },
  ) {
    super(message);
  }
}
