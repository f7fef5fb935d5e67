import { expect, test } from "bun:test";
import type { TaskAnswer } from "../../../src/http/schemas/task-schemas.ts";
import { bodyOf, draftOf, EMPTY } from "../../../src/ui/tasks/draft.js";

const LEAST = {
  source: { source_url: "in.mp4" },
  profile_name: "video_mp4_320x240_240kbps",
  targets: [{ target_url: "a.mp4" }],
};
const MOST = {
  ...LEAST,
  targets: [...LEAST.targets, { target_url: "b.mp4", profile_name: "small" }],
  priority: -3,
  timeout_seconds: 90,
  clip: { start_seconds: 1.5, duration_seconds: 2 },
  metadata: { order: "A-17", query: "a=b" },
};

/** A task as it is answered that was made of this. */
const made = (body: object): TaskAnswer => ({ priority: 0, ...body }) as unknown as TaskAnswer;

test.each([
  ["with what every task has", LEAST],
  ["with all that the form has", MOST],
])("a new task like another one asks for the same: %s", (_, body) => {
  expect(bodyOf(draftOf(made(body)))).toEqual(body);
});

test("what is typed is taken without the spaces around it, and what is not typed is left out", () => {
  const targets = [{ url: " a.mp4 ", profile: "" }];
  expect(bodyOf({ ...EMPTY, source: " in.mp4", targets, metadata: " \n order = A-17 \n" })).toEqual(
    {
      source: { source_url: "in.mp4" },
      targets: [{ target_url: "a.mp4" }],
      metadata: { order: "A-17" },
    },
  );
});
