const SECOND_CHARACTERS = "2015-05-19T12:28:39".length;

/** Milliseconds since the epoch in the API document's form of times: UTC, whole seconds, `2015-05-19T12:28:39Z`. */
export const formatTime = (timeMs: number): string =>
  `${new Date(timeMs).toISOString().slice(0, SECOND_CHARACTERS)}Z`;
