/** What the router needs of a call. `{v}` is the version, `{…}` a parameter. */
export type CallAddress = { readonly method: "get" | "post" | "delete"; readonly path: string };

/**
 * All calls. What they take and answer stands with their schemas (`task-routes.ts`, `profile-routes.ts`,
 * `health-routes.ts`), which a service that has just started loads later: they are a third of its start.
 */
export const CALLS = {
  createTask: { method: "post", path: "/api/v{version}/task/transcoding" },
  listTasks: { method: "get", path: "/api/v{version}/task/transcoding" },
  readTask: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}" },
  cancelTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/cancel" },
  retryTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/retry" },
  createProfile: { method: "post", path: "/api/v{version}/profile" },
  readProfile: { method: "get", path: "/api/v{version}/profile/{profile_name}" },
  listProfiles: { method: "get", path: "/api/v{version}/profiles" },
  deleteProfile: { method: "delete", path: "/api/v{version}/profile/{profile_name}" },
  readHealth: { method: "get", path: "/healthz" },
  readReadiness: { method: "get", path: "/readyz" },
} as const satisfies Record<string, CallAddress>;
