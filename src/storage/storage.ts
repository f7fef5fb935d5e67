import type { TransferBudget } from "../net/transfer-budget.ts";
import type { MaybeLive } from "../plan/live/live-protocols.ts";
import { type ErrorCode, TaskError } from "../task/errors.ts";

/** An address that was resolved and judged: it may be read (or written). */
export type Address = MaybeLive & {
  /** The same place always has the same key, however it is written: `file:/media/a.mp4`, links resolved. */
  readonly key: string;
  /** Of a target, if its name is one of a playlist or manifest, so that a set can be written there. */
  readonly set?: SetAddress;
};

/** Where a set is written whose playlist or manifest is at an address. */
export type SetAddress = {
  /** Of the playlist or manifest, without the dot. */
  readonly extension: string;
  /** The key of the folder that all else of the set goes into. */
  readonly folderKey: string;
};

/** A source that was opened for a task. */
export type OpenedSource = {
  readonly path: string;
  readonly sizeBytes: number;
  /** Absolute, where it was found: after redirects, with links resolved; what it names is relative to this. */
  readonly foundAt: string;
  /** As its server names it; absent without a server. */
  readonly mediaType?: string;
  /** Names the version of the file, as its server or its disk does; absent where a server names none. */
  readonly version?: string;
  /** Gives up what keeps it readable: `path` leads nowhere after that. Absent if removing the file is all there is to do. */
  readonly close?: () => Promise<void>;
};

/** How much of a source has been fetched; the total is unknown if its server does not give it. */
export type Fetched = { readonly doneBytes: number; readonly totalBytes?: number };

/** The conditions of opening a source. */
export type OpenOptions = {
  /** The attempt's own scratch folder: a source that is not on this machine is fetched into it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** How many bytes may still be fetched into a folder, so that its disk does not get full; by default by the usual watermark. */
  readonly roomToFetch?: (folder: string) => Promise<number>;
  /** What this and other fetches take together; by default it has one of its own. */
  readonly budget?: TransferBudget;
  /** Called while a source is fetched, after every piece. */
  readonly onProgress?: (fetched: Fetched) => void;
};

/**
 * What is delivered: one file, or the playlist or manifest of a set with the folder of all its other files. Paths are
 * absolute, in scratch; `set-names.ts` says what a set's files are called where they are published, and in which order
 * they go out.
 */
export type FinishedFiles = {
  readonly entry: string;
  /**
   * Present for a set: the folder of segments, playlists of renditions, pictures, and what players are given by name.
   * Every file in it belongs to the set; it has no folders.
   */
  readonly segments?: string;
};

/** The conditions of a delivery. */
export type DeliveryOptions = {
  /** Unique to this attempt: temporary and segment names carry it. Letters, digits, `-`, `_`; at most 64. */
  readonly tag: string;
  /** Called right before each visible step (of a set: segments, entry); throws if the attempt may not publish any more. */
  readonly mayPublish: () => Promise<void>;
  /**
   * Called after what is to be removed was found, and before it is: throws if a newer attempt may have begun. What was found is older
   * than that, and names carry their attempt, so that even a process that is stopped in between removes nothing of a newer attempt.
   * Unlike `mayPublish` it allows a cancelled attempt to clear up.
   */
  readonly mayTidy: () => Promise<void>;
  readonly signal: AbortSignal;
};

/** The conditions of clearing up at a target. */
export type TidyOptions = Pick<DeliveryOptions, "mayTidy" | "signal">;

/** The conditions of preparing a target. */
export type PrepareOptions = TidyOptions & Pick<DeliveryOptions, "tag">;

/** Which attempts left something: those of a task, up to its last one. */
export type Left = {
  /** What the tags of the task's attempts begin with, before `-`. */
  readonly stem: string;
  readonly attempt: number;
};

/** A source that is read in place. */
export type SourceReader = {
  readonly sizeBytes: number;
  /** With a dot, or empty: some formats are known by it alone. */
  readonly extension: string;
  /** As `OpenedSource.version` of a server; the same for the same file. */
  readonly version?: string;
  /**
   * At least one byte and at most `length` of them, from `position` on; for positions below `sizeBytes`. They are valid until the
   * next read: a caller that needs them longer copies them.
   *
   * @throws {TaskError} `source_unreachable` (also if the source has changed since it was opened), `source_hangs`,
   *   `source_missing`
   */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Stops reading ahead. */
  close(): void;
};

/** The conditions of writing a target as its bytes are made. */
export type WriteOptions = DeliveryOptions & {
  /** The name of the file, or of the playlist of a set: its extension says what it is. */
  readonly entry: string;
  readonly isSet: boolean;
};

/**
 * A target that is written as its bytes are made, and seen by nobody before `publish`: a file, or the segments of a set. All
 * calls reject with what is wrong with the target; after that, only `discard` is useful.
 */
export type TargetWriter = {
  /**
   * Takes the next bytes of the entry, or of a segment by its name. Resolves when there is room for more: from then on the
   * buffer is the caller's again.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** The entry or a segment is whole. */
  close(name: string): Promise<void>;
  /**
   * Makes all that was written visible, the entry last; resolves when the target has it.
   *
   * @param texts - of a set: its playlists, by name, the entry among them
   */
  publish(texts: ReadonlyMap<string, string>): Promise<void>;
  /** Removes what was written and not published, as far as possible. Never rejects. */
  discard(): Promise<void>;
};

/**
 * A set that is seen while it grows. The names of its segments are unique to their attempt (`manifest/write/published-names.ts`), and
 * they stay: the playlists of a later attempt name those of an earlier one again.
 */
export type LiveSetWriter = {
  /**
   * Puts a finished segment of scratch into the set's folder; seen by nobody before a playlist names it. It may be
   * repeated under the same name.
   *
   * @param path - absolute, of the segment
   * @param name - its name in the folder
   */
  add(path: string, name: string): Promise<void>;
  /**
   * Puts a playlist in the place of the one that is there, in one step; all that it names was added before.
   *
   * @param isLast - the set is complete: files of the set it replaces that no playlist names are removed from the folder, as
   *   `deliver` does
   */
  list(text: string, isLast: boolean): Promise<void>;
  /**
   * Completes a set by what it lacks of a finished one, whose names are those of `deliver`, and lists that as the last.
   *
   * @param sent - the names of what was added as it is now
   */
  complete(finished: Required<FinishedFiles>, sent: ReadonlySet<string>): Promise<void>;
  /** Takes down what the task's attempts have put there, the playlist first; asks `mayTidy`. @param known - by this attempt, for servers that list no files */
  takeDown(known: PutThere): Promise<void>;
};

/** What an attempt has put at a target: names in the folder of its set, and whether its playlist may be there. */
export type PutThere = { readonly names: readonly string[]; readonly isListed: boolean };
/** Port: one kind of address. One suite, `test/contract/storage.ts`, holds for every adapter. */
export interface Storage {
  /** The URL schemes it speaks, lower case, without colon. */
  readonly schemes: readonly string[];

  /**
   * Judges an address as a source; touches nothing. Only `open` finds out that a source is missing.
   *
   * @throws {TaskError} `invalid_parameter` (malformed), `access_denied` (outside what may be read),
   *   `input_not_supported` (another scheme)
   */
  source(url: string): Promise<Address>;

  /**
   * Judges an address as a target; touches nothing.
   *
   * @throws {TaskError} as `source`, with `output_not_supported`
   */
  target(url: string): Promise<Address>;

  /**
   * Judges the address again (links may have changed since) and opens it; a source on another machine is fetched first. What was
   * judged is what is read at the path it gives, until it is closed.
   *
   * @throws {TaskError} `source_missing`, `access_denied`; of what is fetched `source_unreachable`, `source_hangs`,
   *   `source_address_invalid`, `scratch_full`
   */
  open(url: string, options: OpenOptions): Promise<OpenedSource>;

  /**
   * Checks early, before an encode, whether the target can be written; makes missing folders.
   *
   * @throws {TaskError} `target_unwritable`, `target_full`, `access_denied`
   */
  prepare(url: string, options: PrepareOptions): Promise<void>;

  /**
   * Publishes finished files at the target: a reader sees the old file or the new one, never half of one. A delivery
   * that fails removes what it wrote; what a crash left is removed by a later `prepare` or `deliver` of the same target. An
   * adapter says what its protocol does not allow.
   *
   * @throws {TaskError} `target_unwritable`, `target_unreachable`, `target_full`, `access_denied`, or what `mayPublish` threw
   */
  deliver(finished: FinishedFiles, url: string, options: DeliveryOptions): Promise<void>;

  /**
   * Opens a target whose set is to be seen while it grows; makes missing folders. Until the first playlist the set that is
   * there stays as it is. All calls of the writer reject as `deliver` does, and may be repeated.
   *
   * @param url - of a playlist
   * @throws {TaskError} as `prepare`
   */
  openLiveSet(url: string, options: DeliveryOptions): Promise<LiveSetWriter>;

  /**
   * What the parts of one source may take together of time and bytes; absent in a storage that is itself a disk.
   *
   * @param bytesMax - no more bytes than these, whatever the limit of sources is
   */
  budget?(bytesMax?: number): TransferBudget;

  /**
   * Removes what attempts of an ended task have left at a target and nothing names: temporaries, segments, unfinished uploads. Makes
   * nothing. Absent in a storage that cannot find them.
   *
   * @throws {TaskError} as `prepare`; what `mayTidy` threw
   */
  sweep?(url: string, left: Left, options: TidyOptions): Promise<void>;

  /** The bare name, decoded, of the folder that a set's segments lie in, beside its playlist at `url`. */
  folderOf(url: string): string;

  /**
   * Removes one file that was delivered; one that is not there is removed already. Absent in a storage that is itself a disk.
   *
   * @throws {TaskError} `target_unwritable`, `target_unreachable`
   */
  remove?(url: string, signal: AbortSignal): Promise<void>;

  /**
   * Opens a source to read it in place. With `write`, for hosts without a disk; absent in a storage that is itself a disk.
   *
   * @throws {TaskError} as `open`; `input_not_supported` if its server gives no ranges and it is too large for memory
   */
  read?(url: string, signal: AbortSignal): Promise<SourceReader>;

  /** Opens a target to write it as its bytes are made. @throws {TaskError} as `prepare` */
  write?(url: string, options: WriteOptions): Promise<TargetWriter>;
}

/** A storage that needs no disk of ours. */
export type DisklessStorage = Storage & Required<Pick<Storage, "read" | "write">>;

/** Whether a storage needs no disk of ours. */
export const isDiskless = (storage: Storage): storage is DisklessStorage =>
  storage.read !== undefined && storage.write !== undefined;

/** Whether an address is read from or written to: they are refused under different codes. */
export type Side = "source" | "target";

/** The code of an address whose scheme is not supported. */
export const unsupportedCode = (side: Side): ErrorCode =>
  side === "source" ? "input_not_supported" : "output_not_supported";

/** `mailto:x`, `file:/a`, `C:\\a`: what stands before the first colon decides who reads it, as in RFC 3986. */
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** The scheme of an address, in lower case; a plain path is a file's. */
export const schemeOf = (url: string): string => SCHEME.exec(url)?.[1]?.toLowerCase() ?? "file";

/**
 * The storage that speaks an address's scheme.
 *
 * @throws {TaskError} `input_not_supported` or `output_not_supported` if there is none
 */
export function storageFor<Any extends Pick<Storage, "schemes">>(
  storages: readonly Any[],
  url: string,
  side: Side,
): Any {
  const scheme = schemeOf(url);
  const storage = storages.find(({ schemes }) => schemes.includes(scheme));
  if (storage) return storage;
  throw new TaskError(
    unsupportedCode(side),
    `Cannot ${side === "source" ? "read" : "write"} the ${side}: addresses of the scheme "${scheme}" are not supported here`,
  );
}
