/** What a call puts in of a file: a piece of it, or all of it. */
export type Upload = {
  readonly url: string;
  readonly clientCode: string;
  /** The piece, without its end; the file is whole when it is as large as its total. */
  readonly startByte: number;
  readonly endByte: number;
  readonly totalBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Of the piece, in hex. */
  readonly sha256?: string;
  readonly signal: AbortSignal;
  /** How many bytes may be written below a folder. */
  readonly roomBytes: (folder: string) => Promise<number>;
  /** Called before anything is written of a file: what is left of it has this id as a task would, and attempt 1. */
  readonly onBegin: (id: string) => Promise<void>;
};

/** How much of a file was put in. */
export type UploadedSoFar = {
  readonly offset: number;
  readonly totalBytes: number;
  /** Whether it is in its place. */
  readonly isComplete: boolean;
};

/** What is known of a file; another one in its place has another tag. */
export type MediaFacts = {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly tag: string;
  readonly mediaType: string;
};

/** A file that is open until it is closed, whatever takes its place. */
export type OpenedMedia = MediaFacts & {
  readonly read: (fromByte: number, toByte: number) => AsyncIterable<Uint8Array>;
  readonly close: () => Promise<void>;
};

/** The files that a client puts in and reads out by calls, by their addresses in tasks. */
export interface MediaFiles {
  /** What the paths begin with that it may write, and may read. */
  readonly writable: readonly string[];
  readonly readable: readonly string[];
  /**
   * Takes a piece in, behind what is there; the first one begins anew. The file is seen by nobody before it is whole.
   *
   * @throws {TaskError} as `Storage.target`; `upload_conflict` if the piece begins elsewhere, `no_room`, `access_denied`
   */
  upload(upload: Upload): Promise<UploadedSoFar>;
  /** What is there of a file that is not whole yet. @throws {TaskError} as `Storage.target` */
  uploaded(url: string, clientCode: string): Promise<UploadedSoFar | undefined>;
  /** @throws {TaskError} as `Storage.source`; `no_such_media` */
  open(url: string): Promise<OpenedMedia>;
}
