/** A server that listens. */
export type Server = {
  /** The port it got, also if 0 was asked for. */
  readonly port: number;
  /** Stops accepting, gives running calls at most `graceMs` to end, then cuts them. */
  stop(graceMs: number): Promise<void>;
};

/** The connection that a request came on. */
export type Connection = {
  /** Keeps it for so long although nothing moves on it, until the request is answered. */
  readonly holdOpen: (seconds: number) => void;
};

/** What to serve. */
export type ServeOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The request's signal aborts when its caller has gone. */
  readonly fetch: (request: Request, connection: Connection) => Response | Promise<Response>;
  /**
   * A connection on which nothing moves is closed after this long. However it moves, it is also closed if the head of a request takes
   * longer than 15 s, and if its body comes by single bytes or takes longer than two minutes (Deno).
   */
  readonly idleTimeoutSeconds: number;
  /**
   * While so many connections are open, no more are kept. Deno closes further ones at once. Bun, which counts none, looks at the
   * open files of the process four times a second, closes idle connections, and where that is not enough does not listen for a while.
   */
  readonly connectionsMax: number;
  /** A body is cut off beyond this size; the app's own, smaller limit gives the answer. */
  readonly bodyBytesMax: number;
};

/** Port: what differs between Bun and Deno, and nothing else. */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly version: string;
  /** Whether this process is permitted to write in a folder, which need not exist; the disk itself is not checked. */
  mayWrite(folder: string): boolean;
  /**
   * Locks a file for this process until it is released or the process ends, in whatever way. It is the system's own lock
   * (flock), which every process on the machine sees, on either runtime. A pid would say less, and a sandbox may not look at
   * other processes. A child process does not keep the lock once it is its own program.
   *
   * @param path - of a file used for nothing else; made if it is missing, in a folder that exists
   * @returns a function that releases the lock; undefined if another holds it
   * @throws {Error} if the file cannot be opened
   */
  holdFile(path: string): (() => void) | undefined;
  /**
   * Resolves when the npm or npx that started this process is gone, or a process between the two: they pass no signal on. Never where
   * none did, nor on Deno, which shows no other process to whom it does not permit everything.
   */
  leftByLauncher(): Promise<void>;
  /** Listens; rejects if the address cannot be used. @throws {TaskError} if this process is not permitted to */
  serve(options: ServeOptions): Promise<Server>;
}
