/** A server that listens. */
export type Server = {
  /** The port it got, also where 0 was asked for. */
  readonly port: number;
  /** Stops accepting, lets running calls end for at most `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>;
};

/** What to serve. */
export type ServeOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** A connection on which nothing moves is closed after this long. */
  readonly idleTimeoutSeconds: number;
  /** A body is cut off beyond this size; the app's own, smaller limit gives the answer. */
  readonly bodyBytesMax: number;
};

/** Port: what differs between Bun and Deno, and nothing else. */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly version: string;
  /** Whether this process is allowed to write in a folder, whether or not it is there; says nothing of the disk itself. */
  mayWrite(folder: string): boolean;
  /** Listens; rejects where the address cannot be had. @throws {TaskError} where this process is not allowed to */
  serve(options: ServeOptions): Promise<Server>;
}
