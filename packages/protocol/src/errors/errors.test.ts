import { create } from "@bufbuild/protobuf";
import { anyPack, anyUnpack, DurationSchema } from "@bufbuild/protobuf/wkt";
import { errorCodeNames, errorCodes, PlayoutError, Status } from "@retrovue/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";
import { errorDomain } from "./error-domain.js";
import { metadataOf, statusBytesOf, statusOf } from "./error-info.js";
import { playoutErrorFromStatus } from "./playout-error-from-status.js";
import { errorInfoIn, statusFromBytes } from "./read-error-info.js";

const bytesIn = (text: string) => Buffer.byteLength(text);

describe("errors/every-code-crosses-the-wire", () => {
  test.each(errorCodeNames)("%s", (code) => {
    const error = new PlayoutError(code, "What happened. What to do.", {
      details: { field: "port", limit: 3 },
    });
    const status = statusFromBytes(statusBytesOf(error));
    expect(status?.code).toBe(errorCodes[code].status);
    expect(status?.message).toBe(error.message);
    expect(status?.details).toHaveLength(1);
    expect(status && errorInfoIn(status)).toMatchObject({
      reason: code,
      domain: errorDomain,
      metadata: { field: "port", limit: "3" },
    });
    const back = status && playoutErrorFromStatus(status);
    expect(back?.code).toBe(code);
    expect(back?.message).toBe(error.message);
    expect(back?.details).toEqual({ field: "port", limit: "3" });
  });

  test("a remedy crosses by itself and within the message", () => {
    const error = new PlayoutError("PortInUse", "Port 8090 is taken.", {
      remedy: "Name another.",
      details: { port: 8090 },
    });
    const status = statusOf(error);
    expect(status.message).toBe("Port 8090 is taken. Name another.");
    expect(errorInfoIn(status)?.metadata).toEqual({ port: "8090", remedy: "Name another." });
    const back = playoutErrorFromStatus(status);
    expect([back.message, back.what, back.remedy]).toEqual([error.message, error.what, error.remedy]);
    expect(back.details).toEqual({ port: "8090" });
    const cut = playoutErrorFromStatus(
      statusOf(new PlayoutError("Internal", "x".repeat(2_000), { remedy: "Report it." })),
    );
    expect(cut.what).toMatch(/^x+…$/);
    expect(cut.remedy).toBe("Report it.");
  });

  test("the public type's name and numbers are on the wire", () => {
    const [detail] = statusOf(new PlayoutError("UnknownPlan", "No.")).details;
    expect(detail?.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
    expect(detail && anyUnpack(detail, ErrorInfoSchema)?.reason).toBe("UnknownPlan");
    expect(ErrorInfoSchema.fields.map(({ number, name }) => [number, name])).toEqual([
      [1, "reason"],
      [2, "domain"],
      [3, "metadata"],
    ]);
    expect(StatusSchema.fields.map(({ number, name }) => [number, name])).toEqual([
      [1, "code"],
      [2, "message"],
      [3, "details"],
    ]);
  });

  test("what is no PlayoutError is Internal, without its stack or cause", () => {
    const status = statusOf(new TypeError("x is not a function", { cause: new Error("secret") }));
    expect(status.code).toBe(Status.Internal);
    expect(JSON.stringify(errorInfoIn(status))).not.toMatch(/secret|errors\.test/);
    expect(status.message).toBe("x is not a function");
  });
});

describe("errors/they-fit-into-trailers", () => {
  const limit = 8 * 1024;

  test("whatever the message and details", () => {
    const details = fc.dictionary(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 5000, size: "max" }),
        fc.integer(),
        fc.boolean(),
        fc.array(fc.string({ maxLength: 300, size: "max" }), { maxLength: 100, size: "max" }),
      ),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 9000, size: "max" }),
        details,
        (message, given) => {
          const error = new PlayoutError("InvalidPlan", message, { details: given });
          const trailer = Buffer.from(statusBytesOf(error)).toString("base64");
          const percentEncoded = 3 * bytesIn(statusOf(error).message);
          expect(trailer.length + percentEncoded).toBeLessThan(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("a cut message ends between characters and says that it was cut", () => {
    for (const padding of ["", "a", "ab", "abc"]) {
      const { message } = statusOf(new PlayoutError("Internal", padding + "😀".repeat(1000)));
      expect(message).toMatch(/😀…$/u);
      expect(message).not.toContain("\uFFFD");
      expect(bytesIn(message)).toBeLessThanOrEqual(1024);
    }
  });

  test("a long list keeps its first entries, and what was shortened is named", () => {
    const faults = Array.from({ length: 500 }, (_, index) => `segments[${index}].gainDb: too loud`);
    const metadata = metadataOf({ faultCount: 500, faults, file: "evening.yaml" });
    const kept = JSON.parse(metadata["faults"] ?? "") as string[];
    expect(kept.length).toBeGreaterThan(20);
    expect(kept).toEqual(faults.slice(0, kept.length));
    expect(metadata["faultCount"]).toBe("500");
    expect(metadata["shortened"]).toContain("faults");
  });

  test("nothing is called shortened that is whole", () => {
    expect(metadataOf({ tried: ["pattern", "libav"], ok: true })).toEqual({
      tried: '["pattern","libav"]',
      ok: "true",
    });
  });
});

describe("errors/a-status-from-anybody-else-is-understood", () => {
  test.each(Object.entries(Status).filter(([name]) => name !== "OutOfRange"))("%s", (_name, code) => {
    const error = playoutErrorFromStatus(create(StatusSchema, { code, message: "from a proxy" }));
    expect(error.entry.status).toBe(code);
    expect(error.details["status"]).toBe(code);
  });

  test.each([2, 11, 99])("number %i", (code) => {
    expect(PlayoutError.is(playoutErrorFromStatus(create(StatusSchema, { code })))).toBe(true);
  });

  test("a code of a newer engine keeps its word", () => {
    const info = { reason: "MoonEclipsed", domain: errorDomain, metadata: { moon: "full" } };
    const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, info))];
    const error = playoutErrorFromStatus(create(StatusSchema, { code: Status.Unimplemented, details }));
    expect(error.code).toBe("Unimplemented");
    expect(error.details).toEqual({ moon: "full", reason: "MoonEclipsed", status: Status.Unimplemented });
  });

  test("details of other types and domains are passed over", () => {
    const foreign = create(ErrorInfoSchema, { reason: "InvalidPlan", domain: "example.com" });
    const details = [anyPack(DurationSchema, create(DurationSchema)), anyPack(ErrorInfoSchema, foreign)];
    expect(errorInfoIn(create(StatusSchema, { details }))).toBeUndefined();
  });

  test("a reason from the prototype is no code", () => {
    const info = create(ErrorInfoSchema, { reason: "toString", domain: errorDomain });
    const status = create(StatusSchema, { code: Status.NotFound, details: [anyPack(ErrorInfoSchema, info)] });
    expect(playoutErrorFromStatus(status).entry.status).toBe(Status.NotFound);
  });

  test("bytes that are no status are none", () => {
    expect(statusFromBytes(new Uint8Array([0xff, 0xff, 0xff]))).toBeUndefined();
  });
});
