/** The numbers of the locks that nodes take of their server: any that nothing else on the database takes, no two the same. */
export const LOCKS = {
  /** Of whoever brings the schema up to date. */
  MIGRATION: 7_032_016,
  /** Under which turns are given, and a queue in disorder is mended. */
  TURNS: 7_032_017,
  /** Of whoever goes along entries and rows. */
  MENDING: 7_032_018,
  /** Of whoever changes clients. */
  CLIENTS: 7_032_019,
  /** A class of locks: clients near their limit are counted under one each. */
  PENDING: 7_032_020,
} as const;
