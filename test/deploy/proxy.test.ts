import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { aCertificate } from "../fixtures/certificates.ts";
import { tempFolder } from "../fixtures/clips.ts";
import { freePort, startPeer } from "../fixtures/live-peers.ts";
import { eventually, newHome, startService } from "../fixtures/service.ts";
import { signedRequest } from "../fixtures/signed-client.ts";

setDefaultTimeout(60_000);

/** Runs nginx with the file of deploy/, on ports of its own, before a service. */
async function startProxy(
  service: string,
  { pair }: ReturnType<typeof aCertificate>,
): Promise<{ readonly plain: number; readonly tls: number }> {
  const folder = tempFolder();
  const [plain, tls] = [await freePort(), await freePort()];
  for (const [name, text] of [
    ["fullchain.pem", pair.cert],
    ["privkey.pem", pair.key],
  ] as const)
    writeFileSync(join(folder, name), text);
  const site = readFileSync("deploy/nginx.conf", "utf8")
    .replaceAll(/^ *listen \[.*\n/gm, "")
    .replace("listen 80;", `listen 127.0.0.1:${plain};`)
    .replace("listen 443 ", `listen 127.0.0.1:${tls} `)
    .replace("127.0.0.1:8080", new URL(service).host)
    .replaceAll("/etc/ssl/pontus", folder);
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
     events { worker_connections 256; }
     http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; ${site} }`,
  );
  const nginx = startPeer("nginx", ["-p", folder, "-c", config]);
  onTestFinished(async () => void (await nginx.stop()));
  return { plain, tls };
}

test("nginx with the file of deploy/ passes signed calls and streams of events on, by TLS", async () => {
  const certificate = aCertificate();
  const service = await startService(newHome(), { PONTUS_CONCURRENCY: "0" });
  const { tls: port } = await startProxy(service.url, certificate);
  const call = (path: string, body?: unknown, more: Readonly<Record<string, string>> = {}) =>
    new Promise<{ status: number; first: string; headers: NodeJS.Dict<string | string[]> }>(
      (resolve, reject) => {
        const signed = signedRequest(
          service.credentials,
          `https://127.0.0.1:${port}${path}`,
          body === undefined ? {} : { body },
        );
        const headers = { ...Object.fromEntries(signed.headers), ...more };
        const sent = request(
          signed.url,
          { method: signed.method, headers, ca: certificate.authority },
          (answer) => {
            answer.once("data", (chunk: Buffer) => {
              resolve({
                status: answer.statusCode ?? 0,
                first: chunk.toString(),
                headers: answer.headers,
              });
              answer.destroy();
            });
          },
        );
        sent.on("error", reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      },
    );
  await eventually(() =>
    call("/healthz").then(
      () => true,
      () => undefined,
    ),
  );
  const task = { source: { source_url: "in/a b.mp4" }, targets: [{ target_url: "out.mp4" }] };
  const created = await call("/api/v1/task/transcoding", task);
  expect(created).toMatchObject({
    status: 200,
    headers: { "strict-transport-security": "max-age=31536000" },
  });
  const { task_id: id } = JSON.parse(created.first);
  // Its first event comes at once, though the stream goes on.
  const events = await call(`/api/v1/task/transcoding/${id}/events`, undefined, {
    "Last-Event-ID": "0",
  });
  expect(events).toMatchObject({ status: 200, first: expect.stringContaining(id) });
  expect((await call("/api/v1/task/transcoding/nosuch%2Ftask")).status).toBe(404);
});

test("nginx with the file of deploy/ sends callers to TLS, keeps /metrics to the machine, and limits bodies and each address", async () => {
  const certificate = aCertificate();
  const service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (call) => new Response(String((await call.arrayBuffer()).byteLength)),
  });
  onTestFinished(() => service.stop(true));
  const { plain, tls } = await startProxy(service.url.origin, certificate);
  const agent = new Agent({ keepAlive: true, ca: certificate.authority });
  onTestFinished(() => agent.destroy());
  const statusOf = (path: string, localAddress = "127.0.0.1", body?: Uint8Array) =>
    new Promise<number | undefined>((resolve, reject) => {
      const url = `https://127.0.0.1:${tls}${path}`;
      const method = body ? "PUT" : "GET";
      const sent = request(url, { agent, localAddress, method }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode));
      });
      sent.on("error", reject).end(body);
    });
  await eventually(() => statusOf("/").catch(() => undefined));
  const sentOn = await fetch(`http://127.0.0.1:${plain}/docs?a=b`, { redirect: "manual" });
  expect(sentOn.status).toBe(308);
  expect(sentOn.headers.get("Location")).toBe("https://127.0.0.1/docs?a=b");
  expect(await statusOf("/metrics")).toBe(200);
  const stranger = "127.0.0.2";
  expect(await statusOf("/metrics", stranger)).toBe(403);
  expect(await statusOf("/healthz", stranger)).toBe(200);
  // Media may be longer than what a call has to say.
  const film = new Uint8Array(2 ** 21);
  expect(await statusOf("/api/v1/media/film.mp4", undefined, film)).toBe(200);
  expect(await statusOf("/api/v1/task/transcoding", undefined, film)).toBe(413);
  const statuses = new Set<number | undefined>();
  for (let calls = 0; calls < 5000 && !statuses.has(429); calls += 20)
    for (const status of await Promise.all(
      Array.from({ length: 20 }, () => statusOf("/healthz", stranger)),
    ))
      statuses.add(status);
  expect(statuses).toEqual(new Set([200, 429]));
  // Others are answered meanwhile.
  expect(await statusOf("/healthz")).toBe(200);
});
