/** A file of a watched folder, as it was when it was found whole. */
export type WatchedFile = {
  /** Which watch found it: the client, the folder and the template of its targets. */
  readonly watch: string;
  /** Relative to the folder. */
  readonly path: string;
  /** Its size and the time of its last change: with another one it is another file. */
  readonly version: string;
};
