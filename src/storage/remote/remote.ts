import type { OutAnswer } from "../../net/egress.ts";

/** Where a source is, and how it is asked for. */
export type Remote = {
  /** The address as the caller wrote it, for errors. */
  readonly shown: string;
  readonly get: (headers: Readonly<Record<string, string>>) => Promise<OutAnswer>;
  /** What makes a range hold only while the file is the same: the header that carries its version. */
  readonly sameHeader: "if-range" | "if-match";
  /** What an answer means that brings no file. */
  readonly refusal: (answer: OutAnswer) => Promise<unknown>;
  /** What a failure to ask or to read means. */
  readonly failure: (error: unknown) => unknown;
};
