import type { Hono } from "hono";
import { onceLoaded } from "../lib/once.ts";
import { isSet } from "../profile/container-rules.ts";
import type { Rendition } from "../profile/profile.ts";
import type { Qlty } from "../profile/qlty.ts";
import { formatTime } from "../service/following/format-time.ts";
import {
  createProfile,
  deleteProfile,
  type FoundProfile,
  findProfile,
  listProfiles,
} from "../service/profiles.ts";
import type { MediaKeys, ProfileStore } from "../store/store.ts";
import { type FieldError, TaskError } from "../task/errors.ts";
import { CALLS } from "./calls.ts";
import { type EndpointPorts, serving } from "./endpoint.ts";
import { invalidFields } from "./invalid-fields.ts";
import type { NewQlty, ProfileAnswer } from "./schemas/profile-schemas.ts";

// Creates need none of the two, and most answers only the first; the second has all fields of parameter groups.
const plain = onceLoaded(() => import("../profile/plain-qlty.ts"));
const groups = onceLoaded(() => import("../profile/qlty.ts"));

/** Reads every parameter group. @throws {TaskError} `invalid_parameter` with the bad fields of all of them */
async function renditionsOf(qlties: readonly Qlty[]): Promise<readonly Rendition[]> {
  const { toRendition } = await groups();
  const faults: FieldError[] = [];
  const renditions = qlties.flatMap((qlty, index) => {
    try {
      return [toRendition(qlty)];
    } catch (error) {
      if (!(error instanceof TaskError) || error.code !== "invalid_parameter") throw error;
      for (const { path, message } of error.fields)
        faults.push({ path: `qlties[${index}].${path}`, message });
      return [];
    }
  });
  if (faults.length > 0) throw invalidFields(faults);
  return renditions;
}

/** A group whose key is encrypted, as it is from here on. */
function withSealedKey({ encryption, ...qlty }: NewQlty, seal: (key: string) => string): Qlty {
  if (!encryption) return qlty;
  const { key, ...rest } = encryption;
  return { ...qlty, encryption: { ...rest, ...(key !== undefined && { sealed_key: seal(key) }) } };
}

/** A profile as the API writes it. A field that is `undefined` here is absent in the JSON. */
async function profileAnswer({ profile, createMs }: FoundProfile): Promise<ProfileAnswer> {
  const qlties = profile.renditions.map((await plain()).plainQlty);
  const isPlain = qlties.every((qlty) => qlty !== undefined);
  return {
    profile_name: profile.name,
    description: profile.description,
    qlties: isPlain ? qlties : profile.renditions.map((await groups()).toQlty),
    qlties_length: profile.renditions.length,
    thumbnails: profile.thumbnails && {
      interval_seconds: profile.thumbnails.intervalSeconds,
      width: profile.thumbnails.width,
    },
    create_time: createMs === undefined ? undefined : formatTime(createMs),
  };
}

/** Serves the calls on profiles. */
export function serveProfiles(
  app: Hono,
  ports: EndpointPorts & {
    readonly profiles: ProfileStore;
    readonly mediaKeys: Pick<MediaKeys, "close">;
  },
): void {
  const { profiles, mediaKeys } = ports;
  const on = serving(app, ports, () => import("./routes/profile-routes.ts"));

  on(CALLS.createProfile, "createProfileRoute", async ({ caller, read }) => {
    const { body } = await read();
    // Encrypted once: groups of one set have to have the same key, and each time it looks different.
    const sealed = new Map<string, string>();
    const seal = (key: string): string => {
      const known = sealed.get(key) ?? mediaKeys.close(key, caller.clientCode);
      sealed.set(key, known);
      return known;
    };
    const renditions = await renditionsOf(body.qlties.map((qlty) => withSealedKey(qlty, seal)));
    const { thumbnails } = body;
    if (thumbnails && !renditions.every(({ container }) => isSet(container)))
      throw invalidFields([
        { path: "thumbnails", message: "are made with m3u8, dash and cmaf alone" },
      ]);
    const profile = await createProfile(profiles, caller.clientCode, {
      name: body.profile_name,
      description: body.description,
      renditions,
      ...(thumbnails && {
        thumbnails: { intervalSeconds: thumbnails.interval_seconds, width: thumbnails.width },
      }),
    });
    return { status: 200, body: await profileAnswer(profile) };
  });

  on(CALLS.readProfile, "readProfileRoute", async ({ caller, param }) => {
    const profile = await findProfile(profiles, caller.clientCode, param("profile_name"));
    return { status: 200, body: await profileAnswer(profile) };
  });

  on(CALLS.listProfiles, "listProfilesRoute", async ({ caller }) => {
    const found = await listProfiles(profiles, caller.clientCode);
    return { status: 200, body: { profiles: await Promise.all(found.map(profileAnswer)) } };
  });

  on(CALLS.deleteProfile, "deleteProfileRoute", async ({ caller, param }) => {
    const name = param("profile_name");
    await deleteProfile(profiles, caller.clientCode, name);
    return { status: 200, body: { profile_name: name } };
  });
}
