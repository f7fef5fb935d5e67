import { describe, expect, test } from "bun:test";
import { permissionNeeded } from "../../src/lib/permission.ts";

const refusal = (message: string): Error =>
  Object.assign(new Error(message), { name: "NotCapable" });

describe("permissionNeeded", () => {
  test.each([
    [
      'Requires read access to "/srv/a", run again with the --allow-read flag',
      "Deno needs --allow-read=/srv/a for it",
    ],
    [
      'Requires env access to "PATH", run again with the --allow-env flag',
      "Deno needs --allow-env for it",
    ],
    ["Requires sys access, run again", "Deno needs --allow-sys for it"],
    ["Something else", "Deno does not permit it"],
  ])("of %s is %s", (message, needed) => {
    expect(permissionNeeded(refusal(message))).toBe(needed);
  });

  test("is nothing of other errors", () => {
    expect(permissionNeeded(new Error('Requires read access to "/srv"'))).toBeUndefined();
    expect(permissionNeeded("Requires")).toBeUndefined();
  });
});
