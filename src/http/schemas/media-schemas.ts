import { z } from "@hono/zod-openapi";

const Prefixes = z.array(z.string());

/** Where a client may put files in and read them out. */
export const MediaPlaces = z
  .object({
    writable: Prefixes.openapi({
      description: "What paths begin with that it may write; empty is the first media root.",
    }),
    readable: Prefixes.openapi({ description: "The same of what it may read." }),
    size_bytes_max: z.int().openapi({ description: "Larger files are refused; 0 is any size." }),
  })
  .openapi("MediaPlaces");

/** How far an upload is. */
export const Uploaded = z
  .object({
    path: z.string().openapi({ description: "The address of the file in a task." }),
    offset: z
      .int()
      .openapi({ description: "How much of it is there: where the next piece begins." }),
    total: z.int(),
    complete: z.boolean().openapi({ description: "It is in its place." }),
  })
  .openapi("Uploaded");
