import type { Rational } from "../lib/rational.ts";

/** How long encodes are cut into slices, so that several workers share one, or a later run goes on with those that are finished. */
export type Spread = {
  /** Media shorter than this stay whole. */
  readonly minSeconds: number;
  /** About how long a slice is; it is a whole number of GOPs long. */
  readonly sliceSeconds: number;
  /** Into how many slices at most: those of longer media are longer. */
  readonly slicesMax: number;
  /** One machine makes all slices, one after the other: whatever is encoded in vain for one delays the whole. */
  readonly isAlone?: true;
  /** Why none of this source are cut all the same. */
  readonly whole?: string;
};

/** A file that a part reads beside its source. */
export type ReadFile = {
  /** Relative to the work folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
};

/** A run that makes a part of a step. */
export type Part = {
  /** Names are relative to the work folder, as those of a step. Nothing but `input` is read, and what `reads` names. */
  readonly args: readonly string[];
  /** Files in the work folder, which pass with the part: who makes it elsewhere has to have them. */
  readonly reads?: readonly ReadFile[];
  /** A name with `%05d` in it stands for several files, numbered from 1 on. */
  readonly writes: readonly string[];
  /** Those of them that it may leave out: whoever makes it leaves empty ones in their place. */
  readonly mayLack?: readonly string[];
  /** It costs next to nothing beside the others, so it does not count among the runs that go on at once. */
  readonly isLight?: true;
  /** How many pictures its first stream has to have, by each way in which versions of ffmpeg count; absent if that is not known. */
  readonly frames?: readonly number[];
  /** What it writes is of the outputs: it lies where it belongs, `join` does not read it, and it stays. */
  readonly isKept?: true;
};

/** What the first of two passes leaves in the work folder, for the second: of its pictures, and of their blocks (if it looks at these). */
export type PassFiles = { readonly pictures: string; readonly blocks: string };

/** An encode in two passes: the first, of the whole, has run when its slices are made, each of which gets its share of what there is. */
export type Analysis = {
  /** Its place among the pictures of a slice. */
  readonly at: number;
  /** What the first pass has left. */
  readonly whole: PassFiles;
  /** The same of each slice, to be written before it is made. */
  readonly slices: readonly PassFiles[];
  /** How many pictures each slice has but the last. */
  readonly frames: number;
  readonly rate: Rational;
  /** Of the whole. */
  readonly bitrateBps: number;
  readonly maxrateBps?: number;
  readonly bufferBits?: number;
};

/** A step in time slices. */
export type Sliced = {
  /**
   * They run at once, as many as there are places for, each on its own: any machine that has the source may run any of them. The
   * slices come first, in their order.
   */
  readonly parts: readonly Part[];
  /** Encodes in two passes; absent if there are none. What the parts are told of bitrates is of the whole, until it is shared out. */
  readonly analyses?: readonly Analysis[];
  /** A text file that `join` reads, and that whoever runs it has to write once all parts are done. */
  readonly list: { readonly path: string; readonly text: string };
  /**
   * Joins what the parts made, by stream copy, into what the step writes; it reads their files, the list, and perhaps what the step
   * reads.
   */
  readonly join: Part;
};
