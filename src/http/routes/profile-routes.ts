import { createRoute, z } from "@hono/zod-openapi";
import { CALLS } from "../calls.ts";
import {
  CreateProfile,
  ProfileDeleted,
  ProfileListSchema,
  ProfileSchema,
} from "../schemas/profile-schemas.ts";
import { jsonAnswer, jsonBody, signed, signedErrors, Version, WITH_BODY } from "./route-parts.ts";

const CREATE_EXAMPLE = {
  profile_name: "my_720p",
  description: "720p for the web",
  qlties: [
    {
      container: "mp4",
      format: "h264",
      bitrate: 1_600_000,
      width: 1280,
      height: 720,
      audio_format: "aac",
      audio_bitrate: 128_000,
    },
  ],
};

const PROFILE_EXAMPLE = {
  ...CREATE_EXAMPLE,
  qlties: CREATE_EXAMPLE.qlties.map((qlty) => ({
    ...qlty,
    use_progressive: true,
    gop_size: 50,
    b_frame_size: 0,
    rc_mode: "cbr",
    preset: "default",
  })),
  qlties_length: 1,
  create_time: "2015-05-19T12:28:39Z",
};

const OneProfile = z.object({
  version: Version,
  profile_name: z
    .string()
    .min(1)
    .openapi({ param: { name: "profile_name", in: "path" }, example: "my_720p" }),
});

/** Registers a profile. */
export const createProfileRoute = createRoute({
  ...CALLS.createProfile,
  operationId: "createProfile",
  tags: ["profiles"],
  summary: "Create a profile",
  description:
    "Registers a profile of the client's own. Each parameter group is one output rendition.",
  ...signed({
    params: z.object({ version: Version }),
    body: jsonBody(CreateProfile, CREATE_EXAMPLE),
  }),
  responses: {
    200: jsonAnswer("The profile, with all its defaults.", ProfileSchema, PROFILE_EXAMPLE),
    ...signedErrors([...WITH_BODY, "profile_exists"]),
  },
});

/** Reads a profile. */
export const readProfileRoute = createRoute({
  ...CALLS.readProfile,
  operationId: "readProfile",
  tags: ["profiles"],
  summary: "Read a profile",
  description: "One of the client's own, or any that the grammar of system profiles covers.",
  ...signed({ params: OneProfile }),
  responses: {
    200: jsonAnswer("The profile.", ProfileSchema, PROFILE_EXAMPLE),
    ...signedErrors(["no_such_profile"]),
  },
});

/** Lists profiles. */
export const listProfilesRoute = createRoute({
  ...CALLS.listProfiles,
  operationId: "listProfiles",
  tags: ["profiles"],
  summary: "List profiles",
  description: "The client's own profiles, then the catalogue of common system profiles.",
  ...signed({ params: z.object({ version: Version }) }),
  responses: {
    200: jsonAnswer("The profiles.", ProfileListSchema, { profiles: [PROFILE_EXAMPLE] }),
    ...signedErrors([]),
  },
});

/** Deletes a profile. */
export const deleteProfileRoute = createRoute({
  ...CALLS.deleteProfile,
  operationId: "deleteProfile",
  tags: ["profiles"],
  summary: "Delete a profile",
  description:
    "Deletes one of the client's own. Tasks keep their copy of it, but unfinished ones forbid it.",
  ...signed({ params: OneProfile }),
  responses: {
    200: jsonAnswer("The profile is gone.", ProfileDeleted, { profile_name: "my_720p" }),
    ...signedErrors(["profile_not_empty", "access_denied", "no_such_profile"]),
  },
});
