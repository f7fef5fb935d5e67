/** What was found out about one part of a set-up. */
export type Finding = {
  readonly check: string;
  /** A problem keeps the service, or a command, from working; a warning does not. */
  readonly state: "ok" | "warning" | "problem";
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
};

/** All is well with a part. */
export const ok = (check: string, detail: string): Finding => ({ check, state: "ok", detail });

/** Something is wrong with a part. */
export const problem = (check: string, detail: string, advice: string): Finding => ({
  check,
  state: "problem",
  detail,
  advice,
});

/** Something about a part may surprise. */
export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  state: "warning",
  detail,
  advice,
});
