import { askedPixels, pixelsFault } from "../plan/feasible/output-pixels.ts";
import { refuseImpossibleAssignment } from "../plan/feasible/set-feasible.ts";
import { refuseImpossibleLive } from "../plan/live/live-feasible.ts";
import { isAnyLive } from "../plan/live/places.ts";
import type { Capabilities } from "../plan/plan.ts";
import { assignRenditions } from "../profile/assign.ts";
import type { Assignment, Profile } from "../profile/profile.ts";
import type { Address } from "../storage/storage.ts";
import type { ProfileStore } from "../store/store.ts";
import { TaskError } from "../task/errors.ts";
import { refuseField } from "./addresses.ts";
import { findProfile } from "./profiles.ts";

/** The addresses of a task, judged. */
export type Addresses = { readonly source: Address; readonly targets: readonly Address[] };

/** What assigning needs. */
export type AssignPorts = {
  readonly profiles: Pick<ProfileStore, "get" | "list">;
  /** What the engine can do here; waits for it while the service starts. @throws {TaskError} if there is no engine */
  readonly capabilities: () => Promise<Capabilities>;
};

/** Which rendition every target gets, and which of the profiles are the client's own. */
type Assigned = {
  readonly assignments: readonly Assignment[];
  readonly customProfiles: readonly string[];
};

/**
 * Finds the profiles of a task, and shares their renditions out among its targets.
 *
 * @param targets - as they are asked for, in the order of `addresses`
 * @throws {TaskError} `no_such_profile`, `invalid_parameter`, `output_not_supported`
 */
export async function assign(
  ports: AssignPorts,
  clientCode: string,
  profileName: string,
  targets: readonly { readonly profileName?: string | undefined }[],
  addresses: Addresses,
): Promise<Assigned> {
  const found = new Map<string, Profile>();
  const custom = new Set<string>();
  const find = async (name: string): Promise<Profile> => {
    const known = found.get(name);
    if (known) return known;
    const finding = findProfile(ports.profiles, clientCode, name);
    const { profile, createMs } = finding instanceof Promise ? await finding : finding;
    if (createMs !== undefined) custom.add(name);
    found.set(name, profile);
    return profile;
  };
  const profile = await find(profileName);
  const overrides: (Profile | undefined)[] = [];
  for (const { profileName: own } of targets)
    overrides.push(own === undefined ? undefined : await find(own));
  const capabilities = await ports.capabilities();
  const isOverridden = overrides.some((own) => own !== undefined);
  const assignments =
    isOverridden || isAnyLive(addresses)
      ? judged({ profile, overrides }, addresses, capabilities)
      : known(profile, targets.length, capabilities, () =>
          judged({ profile, overrides }, addresses, capabilities),
        );
  return { assignments, customProfiles: [...custom] };
}

/** The profile of a task, and those of its targets that have one of their own. */
type Wanted = { readonly profile: Profile; readonly overrides: readonly (Profile | undefined)[] };

function judged(
  { profile, overrides }: Wanted,
  addresses: Addresses,
  capabilities: Capabilities,
): readonly Assignment[] {
  const assignments = assignRenditions(profile, overrides);
  const isOverridden = overrides.some((own) => own !== undefined);
  const field = isOverridden ? "targets" : "profile_name";
  refuseImpossible(assignments, addresses, field, capabilities);
  refuseUnlessOne(capabilities.engines ?? [], (engine) =>
    refuseImpossible(assignments, addresses, field, engine),
  );
  return assignments;
}

function refuseImpossible(
  assignments: readonly Assignment[],
  addresses: Addresses,
  field: string,
  capabilities: Capabilities,
): void {
  const refuse = isAnyLive(addresses)
    ? (each: Assignment) => refuseImpossibleLive(each, addresses.targets, capabilities)
    : (each: Assignment) => refuseImpossibleAssignment(each, capabilities);
  for (const assignment of assignments) refuse(assignment);
  const fault = pixelsFault(askedPixels(assignments), capabilities);
  if (fault !== undefined) throw refuseField(field, fault);
}

/** Throws what the first engine is refused by, if all are. */
function refuseUnlessOne(
  engines: readonly Capabilities[],
  refuse: (engine: Capabilities) => void,
): void {
  const refusals: unknown[] = [];
  for (const engine of engines)
    try {
      refuse(engine);
      return;
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      refusals.push(error);
    }
  if (refusals.length > 0) throw refusals[0];
}

/** By what an engine can do, by profile, by the number of targets. */
const KNOWN = new WeakMap<Capabilities, WeakMap<Profile, Map<number, readonly Assignment[]>>>();

/**
 * What a profile gives to so many files and sets where it was given before: it depends on nothing else, and judging it anew took a
 * twentieth of a create. System profiles are the same objects each time; a client's own ones are not, and are judged each time.
 */
function known(
  profile: Profile,
  targets: number,
  capabilities: Capabilities,
  judge: () => readonly Assignment[],
): readonly Assignment[] {
  const profiles =
    KNOWN.get(capabilities) ?? new WeakMap<Profile, Map<number, readonly Assignment[]>>();
  KNOWN.set(capabilities, profiles);
  const byTargets = profiles.get(profile) ?? new Map<number, readonly Assignment[]>();
  profiles.set(profile, byTargets);
  const before = byTargets.get(targets);
  if (before) return before;
  const assignments = judge();
  byTargets.set(targets, assignments);
  return assignments;
}
