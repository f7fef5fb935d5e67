import { OpenAPIHono } from "@hono/zod-openapi";
import { stringify } from "yaml";
import { isObject, type Json, withDefaultsTold, withSharedParts } from "./document/shared-parts.ts";
import { ADMIN_ROUTES } from "./routes/all-admin-routes.ts";
import { createTaskRoute } from "./routes/create-route.ts";
import { readEventsRoute, readTaskEventsRoute } from "./routes/event-routes.ts";
import { healthRoute, metricsRoute, readinessRoute } from "./routes/health-routes.ts";
import {
  headMediaRoute,
  readMediaPlacesRoute,
  readMediaRoute,
  uploadMediaRoute,
} from "./routes/media-routes.ts";
import { listNotificationsRoute, replayNotificationRoute } from "./routes/notification-routes.ts";
import { planTaskRoute, readTaskKeyRoute, readTaskLogRoute } from "./routes/plan-routes.ts";
import {
  createProfileRoute,
  deleteProfileRoute,
  listProfilesRoute,
  readProfileRoute,
} from "./routes/profile-routes.ts";
import { SIGNATURE_HEADERS, TAGS } from "./routes/route-parts.ts";
import {
  cancelTaskRoute,
  deleteTaskRoute,
  listTasksRoute,
  readTaskRoute,
  retryTaskRoute,
} from "./routes/task-routes.ts";

const ROUTES = [
  createTaskRoute,
  listTasksRoute,
  readTaskRoute,
  deleteTaskRoute,
  cancelTaskRoute,
  retryTaskRoute,
  planTaskRoute,
  readTaskLogRoute,
  readTaskKeyRoute,
  readTaskEventsRoute,
  readEventsRoute,
  listNotificationsRoute,
  replayNotificationRoute,
  createProfileRoute,
  readProfileRoute,
  listProfilesRoute,
  deleteProfileRoute,
  readMediaPlacesRoute,
  readMediaRoute,
  headMediaRoute,
  uploadMediaRoute,
  ...ADMIN_ROUTES,
  healthRoute,
  readinessRoute,
  metricsRoute,
];

const DESCRIPTION = `Video transcoding as a service: a task reads a source, makes the renditions of a profile, and writes them to its targets.

Every call under /api is signed with five headers. A nonce is good for one call, whatever its answer.`;

const SERVERS = [
  {
    url: "{scheme}://{host}",
    description: "Where the service listens, or the proxy in front of it.",
    variables: {
      scheme: { default: "http", enum: ["http", "https"] },
      host: { default: "127.0.0.1:8080", description: "Its name or address, with the port." },
    },
  },
];

/** The same value with the keys of every object sorted, so that it does not depend on the order of declarations. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** The description of the API in OpenAPI 3.1, made of the schemas that check requests. Plain JSON. */
export function openApiDocument(version: string): Record<string, Json> {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  for (const [name, description] of Object.entries(SIGNATURE_HEADERS))
    openAPIRegistry.registerComponent("securitySchemes", name, {
      type: "apiKey",
      in: "header",
      name,
      description,
    });
  for (const route of ROUTES) openAPIRegistry.registerPath(route);
  const generated = getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Pontus",
      version,
      description: DESCRIPTION,
      contact: { name: "Whoever runs this service" },
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: SERVERS,
    tags: TAGS,
  });
  // Through JSON, which drops undefined fields.
  const { openapi, info, servers, tags, ...parts } = JSON.parse(
    JSON.stringify(generated),
  ) as Record<string, Json>;
  const { paths, shared } = withSharedParts(withDefaultsTold(sorted(parts["paths"] ?? null)));
  const components = withDefaultsTold(parts["components"] ?? null);
  return {
    openapi: openapi ?? null,
    info: info ?? null,
    servers: servers ?? null,
    tags: tags ?? null,
    paths,
    components: sorted({ ...(isObject(components) && components), ...shared }),
  };
}

/** The same as YAML, byte for byte the same on every run. In YAML 1.1, so that older readers do not take examples for dates. */
export const openApiYaml = (version: string): string =>
  stringify(openApiDocument(version), {
    version: "1.1",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
