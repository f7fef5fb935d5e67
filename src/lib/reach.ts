/** What a client may read, or write. A list that is absent limits nothing, an empty one allows nothing. */
type ReachLists = {
  /** Absolute paths of folders. */
  readonly roots?: readonly string[];
  /** `bucket`, or `bucket/folder`. */
  readonly buckets?: readonly string[];
  /** `host`, `host:port`, `*.host`, or `:port` for what this machine listens at. */
  readonly hosts?: readonly string[];
  /** Addresses that others begin with; they are allowed beside `hosts`. */
  readonly urls?: readonly string[];
};

/** What a client may use as a source, and what as a target. */
export type Reach = { readonly source: ReachLists; readonly target: ReachLists };
