import { nearestNames } from "../profile/nearest-names.ts";
import type { Profile } from "../profile/profile.ts";
import { CATALOGUE, isSystemName, systemProfile } from "../profile/system-profiles.ts";
import type { ProfileStore } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";

/** A profile as a caller may use it; only a client's own profile has `createMs` (since the epoch). */
export type FoundProfile = { readonly profile: Profile; readonly createMs?: number };

/**
 * Finds a profile by name: a system profile, which is there at once, or else one of the client's own.
 *
 * @throws {TaskError} `no_such_profile`, with the names that may be meant
 */
export function findProfile(
  profiles: Pick<ProfileStore, "get" | "list">,
  clientCode: string,
  name: string,
): FoundProfile | Promise<FoundProfile> {
  const system = systemProfile(name);
  return system ? { profile: system } : findOwn(profiles, clientCode, name);
}

async function findOwn(
  profiles: Pick<ProfileStore, "get" | "list">,
  clientCode: string,
  name: string,
): Promise<FoundProfile> {
  const stored = await profiles.get(clientCode, name);
  if (stored) return stored;
  const own = await profiles.list(clientCode);
  const nearest = nearestNames(name, [...own.map(({ profile }) => profile.name), ...CATALOGUE]);
  const names = nearest.map((one) => `"${one}"`).join(", ");
  const meant = nearest.length === 0 ? "" : `; did you mean ${names}?`;
  throw new TaskError(
    "no_such_profile",
    `Cannot find the profile "${name}": there is none${meant}`,
  );
}

/**
 * Registers a client's own profile.
 *
 * @throws {TaskError} `profile_exists`, also for a name that the grammar of system profiles covers
 */
export async function createProfile(
  profiles: ProfileStore,
  clientCode: string,
  profile: Omit<Profile, "adaptive">,
): Promise<FoundProfile> {
  if (isSystemName(profile.name))
    throw new TaskError(
      "profile_exists",
      `Cannot create the profile "${profile.name}": it is a system profile`,
    );
  return profiles.create(clientCode, profile);
}

/** The client's own profiles, then the system's catalogue. */
export async function listProfiles(
  profiles: ProfileStore,
  clientCode: string,
): Promise<readonly FoundProfile[]> {
  const own = await profiles.list(clientCode);
  const system = CATALOGUE.map(systemProfile).filter((profile) => profile !== undefined);
  return [...own, ...system.map((profile) => ({ profile }))];
}

/**
 * Deletes a client's own profile.
 *
 * @throws {TaskError} `access_denied` for a system profile, `no_such_profile`, `profile_not_empty` while unfinished
 *   tasks use it
 */
export async function deleteProfile(
  profiles: ProfileStore,
  clientCode: string,
  name: string,
): Promise<void> {
  if (isSystemName(name))
    throw new TaskError("access_denied", `Cannot delete the profile "${name}": it is the system's`);
  await profiles.remove(clientCode, name);
}
