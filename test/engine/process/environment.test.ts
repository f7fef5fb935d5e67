import { describe, expect, test } from "bun:test";
import { programEnvironment } from "../../../src/engine/process/environment.ts";

describe("programEnvironment", () => {
  test("passes where programs and libraries are, and nothing else", () => {
    const passed = {
      PATH: "/bin",
      HOME: "/var/lib/pontus",
      LD_LIBRARY_PATH: "/opt/lib",
      TMPDIR: "/var/tmp",
      LIBVA_DRIVER_NAME: "iHD",
      LIBVA_DRIVERS_PATH: "/opt/dri",
      CUDA_VISIBLE_DEVICES: "1",
    };
    const secrets = {
      PONTUS_CLIENTS: "a secret",
      PONTUS_S3_SECRET_ACCESS_KEY: "a secret",
      AWS_SECRET_ACCESS_KEY: "a secret",
      DATABASE_PASSWORD: "a secret",
      FFREPORT: "file=report.log",
      http_proxy: "http://user:password@proxy",
    };
    expect(programEnvironment({ ...passed, ...secrets, LC_ALL: "de_DE.UTF-8" })).toEqual({
      ...passed,
      AV_LOG_FORCE_NOCOLOR: "1",
      LC_ALL: "C",
    });
  });
});
