/** The client of tasks that were deleted, whose rows are still there: no client has an empty code. */
export const NOBODY = "";
