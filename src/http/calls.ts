/** What the router needs of a call. `{v}` is the version, `{…}` a parameter. */
export type CallAddress = { readonly method: "get" | "post" | "delete"; readonly path: string };

/**
 * All calls. Their requests and answers are described by schemas (`task-routes.ts`, `profile-routes.ts`, `health-routes.ts`), which
 * are loaded after the start: they would take a third of it.
 */
export const CALLS = {
  createTask: { method: "post", path: "/api/v{version}/task/transcoding" },
  listTasks: { method: "get", path: "/api/v{version}/task/transcoding" },
  readTask: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}" },
  cancelTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/cancel" },
  deleteTask: { method: "delete", path: "/api/v{version}/task/transcoding/{task_id}" },
  retryTask: { method: "post", path: "/api/v{version}/task/transcoding/{task_id}/retry" },
  planTask: { method: "post", path: "/api/v{version}/task/transcoding/plan" },
  readTaskLog: { method: "get", path: "/api/v{version}/task/transcoding/{task_id}/log" },
  createProfile: { method: "post", path: "/api/v{version}/profile" },
  readProfile: { method: "get", path: "/api/v{version}/profile/{profile_name}" },
  listProfiles: { method: "get", path: "/api/v{version}/profiles" },
  deleteProfile: { method: "delete", path: "/api/v{version}/profile/{profile_name}" },
  readHealth: { method: "get", path: "/healthz" },
  readReadiness: { method: "get", path: "/readyz" },
} as const satisfies Record<string, CallAddress>;
