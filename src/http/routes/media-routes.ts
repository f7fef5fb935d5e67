import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import { MediaPlaces, Uploaded } from "../schemas/media-schemas.ts";
import {
  jsonAnswer,
  LanguageHeader,
  RequestIdHeader,
  signed,
  signedErrors,
  Version,
} from "./route-parts.ts";

const TAGS = ["media"];
/** Why a file may not be read. */
const OF_SOURCES = [
  "invalid_parameter",
  "input_not_supported",
  "access_denied",
  "no_such_media",
] as const;
const EXAMPLE = "ada/in.mov";

const params = z.object({ version: Version });
const OneFile = params.extend({
  path: z
    .string()
    .min(1)
    .openapi({
      param: { name: "path", in: "path" },
      description:
        "The address of the file as a task names it: relative to the first media root, or absolute and percent-encoded. Slashes may stay.",
      example: EXAMPLE,
    }),
});

/** What JSON may show of bytes. */
const BYTES_EXAMPLE = "(the bytes of the file)";
const Bytes = z.string().openapi({ type: "string", format: "binary" });

const FileHeaders = RequestIdHeader.extend({
  ETag: z.string().openapi({ description: "Another file in its place has another one." }),
  "Accept-Ranges": z.string().openapi({ example: "bytes" }),
});

const bytesAnswer = (description: string, headers: z.ZodObject) => ({
  description,
  headers,
  content: { "*/*": { schema: Bytes, example: BYTES_EXAMPLE } },
});

/** Tells where a client may put files in. */
export const readMediaPlacesRoute = createRoute({
  ...CALLS.readMediaPlaces,
  operationId: "readMediaPlaces",
  tags: TAGS,
  summary: "Tell where files may be put in and read out",
  description: "What the paths begin with that the client may write, and read.",
  ...signed({ params }),
  responses: {
    200: jsonAnswer("The places.", MediaPlaces, {
      writable: ["ada/"],
      readable: ["ada/"],
      size_bytes_max: 1_099_511_627_776,
    }),
    ...signedErrors([]),
  },
});

/** Reads a file. */
export const readMediaRoute = createRoute({
  ...CALLS.readMedia,
  operationId: "readMedia",
  tags: TAGS,
  summary: "Read a file",
  description: "All of it, or a part by `Range`.",
  ...signed({
    params: OneFile,
    headers: z.object({
      ...LanguageHeader,
      Range: z.string().optional().openapi({ example: "bytes=0-1048575" }),
    }),
  }),
  responses: {
    200: bytesAnswer("The file.", FileHeaders),
    206: bytesAnswer(
      "The part that was asked for.",
      FileHeaders.extend({
        "Content-Range": z.string().openapi({ example: "bytes 0-1048575/20000000" }),
      }),
    ),
    304: { description: "The caller has it already (`If-None-Match`).", headers: FileHeaders },
    ...signedErrors([...OF_SOURCES, "range_invalid"]),
  },
});

/** Tells how an upload stands; the router answers HEAD by what serves GET. */
export const headMediaRoute = createRoute({
  ...CALLS.readMedia,
  method: "head",
  operationId: "headMedia",
  tags: TAGS,
  summary: "Tell how much of an upload is there",
  description:
    "The headers of the file, if there is one, and those of an upload of the client's own.",
  ...signed({ params: OneFile }),
  responses: {
    200: {
      description: "There is a file, or an upload of one.",
      headers: RequestIdHeader.extend({
        "Upload-Offset": z.int().openapi({ description: "Where the next piece begins." }),
        "Upload-Length": z.int().openapi({ description: "How large the file will be, or is." }),
        "Upload-Complete": z
          .enum(["?0", "?1"])
          .openapi({ description: "`?1`: no upload is under way, and the file is whole." }),
        ETag: z.string().optional().openapi({ description: "Of the file that is there." }),
        "Content-Length": z.int().optional().openapi({ description: "Of the file that is there." }),
      }),
    },
    ...signedErrors(OF_SOURCES),
  },
});

/** Puts a file in. */
export const uploadMediaRoute = createRoute({
  ...CALLS.uploadMedia,
  operationId: "uploadMedia",
  tags: TAGS,
  summary: "Put a file in, or a piece of it",
  description:
    "Without `Content-Range` the body is the whole file. With it, it is the piece that comes next: HEAD tells where the upload stands, and the first piece begins it anew. The file is in its place, in one step, once it is whole. An upload that is not whole after a day is removed. For the HMAC-SHA256 form of the checksum of a long body, give its SHA-256 as `Content-Digest`.",
  ...signed({
    params: OneFile,
    headers: z.object({
      ...LanguageHeader,
      "Content-Range": z.string().optional().openapi({ example: "bytes 0-8388607/20000000" }),
      "Content-Digest": z
        .string()
        .optional()
        .openapi({ example: "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:" }),
    }),
    body: {
      required: true,
      content: { "application/octet-stream": { schema: Bytes, example: BYTES_EXAMPLE } },
    },
  }),
  responses: {
    200: jsonAnswer("The file is whole, and in its place.", Uploaded, {
      path: EXAMPLE,
      offset: 20_000_000,
      total: 20_000_000,
      complete: true,
    }),
    202: jsonAnswer("The piece is there, and more is to come.", Uploaded, {
      path: EXAMPLE,
      offset: 8_388_608,
      total: 20_000_000,
      complete: false,
    }),
    ...signedErrors([
      "invalid_parameter",
      "output_not_supported",
      "access_denied",
      "upload_conflict",
      "no_room",
    ]),
  },
});
