import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../fixtures/clips.ts";
import { freePort, startPeer } from "../fixtures/live-peers.ts";
import { eventually } from "../fixtures/service.ts";

setDefaultTimeout(60_000);

/** A node that says who it is, and streams events that never end. */
function startNode(name: string) {
  const encoder = new TextEncoder();
  const node = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: ({ url }) =>
      url.endsWith("/events")
        ? new Response(
            new ReadableStream({ start: (stream) => stream.enqueue(encoder.encode(name)) }),
          )
        : new Response(name),
  });
  onTestFinished(() => node.stop(true));
  return node;
}

/** Runs nginx with the file of deploy/. Nodes have names in Docker alone: here each is a line of its own. */
async function startProxy(nodes: readonly URL[]): Promise<string> {
  const folder = tempFolder();
  const port = await freePort();
  const servers = nodes.map(({ host }) => `server ${host};`).join(" ");
  const text = readFileSync("deploy/nginx.fleet.conf", "utf8");
  const site = text
    .replace(/^resolver .*$/m, "")
    .replace("server api:8080 resolve;", servers)
    .replace("listen 8080;", `listen 127.0.0.1:${port};`);
  for (const each of [servers, `127.0.0.1:${port}`]) expect(site).toContain(each);
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
     events { worker_connections 256; }
     http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; ${site} }`,
  );
  const nginx = startPeer("nginx", ["-p", folder, "-c", config]);
  onTestFinished(async () => void (await nginx.stop()));
  return `http://127.0.0.1:${port}`;
}

test("nginx with the file of deploy/ shares calls among API nodes, and passes over one that is gone", async () => {
  const [first, second] = [startNode("first"), startNode("second")];
  const proxy = await startProxy([first.url, second.url]);
  const answer = async (path = "/healthz") => (await fetch(`${proxy}${path}`)).text();
  await eventually(() => answer().catch(() => undefined));
  const answers = async () => {
    const all = new Set<string>();
    for (let calls = 0; calls < 20; calls += 1) all.add(await answer());
    return all;
  };
  expect(await answers()).toEqual(new Set(["first", "second"]));
  await first.stop(true);
  expect(await answers()).toEqual(new Set(["second"]));
  expect((await fetch(`${proxy}/metrics`)).status).toBe(404);
  // It comes at once, though the stream goes on.
  const stream = await fetch(`${proxy}/api/v1/task/transcoding/events`);
  const { value } = (await stream.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toBe("second");
});
