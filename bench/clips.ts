import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How a source is encoded: made quickly and read with little CPU, or with all that High profile has, as cameras and editors do. */
type SourcePreset = "ultrafast" | "veryfast";

/** Makes a file of moving, noisy picture and sound, of about the bitrate of a camera's. */
export async function makeSource(
  path: string,
  {
    width,
    height,
    seconds,
    bitrate,
    preset = "ultrafast",
  }: {
    width: number;
    height: number;
    seconds: number;
    bitrate: string;
    preset?: SourcePreset;
  },
): Promise<void> {
  const picture = `testsrc2=size=${width}x${height}:rate=30:duration=${seconds},noise=alls=12:allf=t`;
  const sound = `anoisesrc=amplitude=0.1:sample_rate=48000:duration=${seconds}`;
  const rate = ["-b:v", bitrate, "-maxrate", bitrate, "-bufsize", bitrate];
  const video = ["-c:v", "libx264", "-preset", preset, "-g", "60", "-pix_fmt", "yuv420p", ...rate];
  const inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound];
  const audio = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"];
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...inputs, ...video, ...audio, path]);
}
