/** A run that makes a part of a step. */
export type Part = {
  readonly args: readonly string[];
  readonly writes: readonly string[];
  /** It costs next to nothing beside the others, so it does not count among the runs that go on at once. */
  readonly isLight?: true;
};

/** A step in time slices. */
export type Sliced = {
  /** They run at once, as many as the engine has places for, and read only `input`. */
  readonly parts: readonly Part[];
  /** A text file that `join` reads, and that the engine has to write. */
  readonly list: { readonly path: string; readonly text: string };
  /** Joins what the parts made, by stream copy; it reads their files, the list, and perhaps `input`. */
  readonly join: Part;
};
