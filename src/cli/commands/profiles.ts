import type { Command } from "@commander-js/extra-typings";
import { profileList } from "../calls/answers.ts";
import { understood } from "../calls/service-calls.ts";
import { type Context, callsOf, newCall } from "../context.ts";
import { json, table } from "../text.ts";

/** Adds `profiles`. */
export function addProfilesCommand(program: Command, context: Context): void {
  newCall(
    program,
    "profiles",
    "Lists the profiles: the client's own, then the catalogue. With a name it shows all parameters of that one, which need not be in the catalogue.",
    [
      "profiles",
      "profiles video_hls_adaptive",
      "profiles video_mp4_h265_1920x1080_3000kbps --json",
    ],
  )
    .argument("[name]", "a profile to show")
    .action(async (name, options) => {
      const calls = callsOf(context, options);
      if (name !== undefined) {
        // A profile is its parameters: there is no shorter way to write them.
        context.io.out(json(await calls.call(`/profile/${encodeURIComponent(name)}`)));
        return;
      }
      const answer = await calls.call("/profiles");
      if (options.json) return context.io.out(json(answer));
      const rows = understood(profileList, answer).profiles.map((profile) => [
        profile.profile_name,
        profile.create_time === undefined ? "catalogue" : "own",
        profile.description,
      ]);
      context.io.out(table(["profile", "of", "description"], rows));
    });
}
