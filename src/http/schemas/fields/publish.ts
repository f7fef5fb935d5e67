import { z } from "@hono/zod-openapi";

/** When the sets of a task can be seen. */
export const Publish = z.enum(["whole", "growing"]).openapi("Publish", {
  description:
    "When the outputs can be seen. `whole` (the same as none): once they are finished and verified. `growing`: sets of HLS while they are made, from their first segments on, as an event that becomes a film at its end. It is for tasks whose targets are all sets.",
});

type Given = { readonly publish?: unknown; readonly publish_failure?: unknown };

/** What `publish_failure` needs. */
export const withPublish = <Body extends z.ZodType<Given>>(body: Body): Body =>
  body.refine(
    ({ publish, publish_failure }) => publish_failure === undefined || publish === "growing",
    {
      path: ["publish_failure"],
      error: "Invalid input: it is for publish growing alone",
      params: { zh: "无效输入：仅用于publish为growing的任务" },
    },
  );

/** What becomes of a set that grows when its task fails. */
export const PublishFailure = z.enum(["remove", "close"]).openapi("PublishFailure", {
  description:
    "What becomes of a set that grows when its task fails for good or is cancelled. `remove` (the same as none): it is taken down. `close`: it ends after the segments that were published. Only with `publish: growing`.",
});
