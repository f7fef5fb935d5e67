import type { OutRequest } from "../../net/egress.ts";
import type { Content } from "../content.ts";
import type { DeliveryOptions, SetAddress, TidyOptions } from "../storage.ts";

/** Which file of a target: one in the folder of its set by its bare name, or what lies at the target itself if undefined. */
export type At = string | undefined;

/** Which attempt writes, and until when. */
export type Attempt = Pick<DeliveryOptions, "tag" | "signal">;

/** A file that is sent: its name says what it is; without a size it is sent in chunks while it is made. */
export type Outgoing = Pick<Content, "name"> & NonNullable<OutRequest["body"]>;

/**
 * Port: one target on a server, by the verbs of its protocol. A verb is one request without retries: `RemoteSender` retries,
 * and passes the gate before each try. A verb may reject with any error; `failure` translates it.
 */
export type RemoteTarget = {
  /** The address as the caller wrote it, for errors. */
  readonly shown: string;
  /** As `Address.key`. */
  readonly key: string;
  /** As `Address.set`. */
  readonly set?: SetAddress;
  /** The bare name, decoded, of the folder of its set. */
  readonly folder: string;
  /** Sends a file; resolves when the server has all of it. */
  put(file: Outgoing, at: At, attempt: Attempt): Promise<void>;
  /** Removes a file; one that is not there is removed already. Some servers refuse that always. */
  remove(at: At, signal: AbortSignal): Promise<void>;
  /** What a failure of a verb means. */
  failure(error: unknown): unknown;
  /** Present if a server may show half of a file whose `put` was cut off: whether something is at the target. */
  exists?(signal: AbortSignal): Promise<boolean>;
  /** Present if a server takes a file in parts and shows nothing of it before the last step. */
  readonly parts?: PartVerbs;
  /** Present if a server can list its files. */
  readonly listing?: ListingVerbs;
};

/** The verbs of uploads in parts. */
export type PartVerbs = {
  /** Begins one. @param name - its extension says what the file is */
  begin(name: string, at: At, attempt: Attempt): Promise<PartedUpload>;
  /**
   * Removes what crashed attempts left of uploads to the target itself, or to the files in its set's folder that begin so; rejects
   * only as `mayTidy`, or with the signal's reason.
   */
  sweep(options: TidyOptions, start?: string): Promise<void>;
  /** Checks whether the target may be written, without anything that others could see. */
  tryOut(signal: AbortSignal): Promise<void>;
};

/** An upload in parts that has begun. */
export type PartedUpload = {
  /** Sends a part; the first has the number 1, and all but the last one size. */
  send(number: number, body: Pick<Content, "sizeBytes" | "read">): Promise<void>;
  /** Makes a file of the parts: it is visible then. Asked again, it knows a file that it has made already. */
  complete(): Promise<void>;
  /** Removes the parts. */
  abort(signal: AbortSignal): Promise<void>;
};

/** The verbs that clearing up needs. */
export type ListingVerbs = {
  /** The bare names of the files in the set's folder that begin so. */
  list(start: string, signal: AbortSignal): AsyncIterable<string>;
  /** The text of a file; empty if it is not there. */
  read(at: At, signal: AbortSignal): Promise<string>;
};
