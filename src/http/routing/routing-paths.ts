const VERSIONS = ["v0", "v1"];

/** `/api/v{version}/profile/{profile_name}` → `/api/v0/profile/:profile_name`, `/api/v1/profile/:profile_name`. */
export function routingPaths(path: string): string[] {
  const pattern = path
    // What is left of it: the path of a file.
    .replace("/{path}", "/:path{.+}")
    .replaceAll(/\/\{(\w+)\}/g, "/:$1");
  if (!pattern.includes("v{version}")) return [pattern];
  return VERSIONS.map((version) => pattern.replace("v{version}", version));
}
